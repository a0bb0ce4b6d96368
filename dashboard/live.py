"""What the Lab and the Circuits page compute while the reader waits: with shared GPTs that are only read.

Every result depends on its arguments alone and is kept for a while. GPTs are run side by side, a thread a
core; torch itself uses one thread (loaders.py).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import streamlit as st
import torch
from torch import Tensor

import loaders
from culture_core.artifacts import PopulationFolder
from culture_core.culture.inventing import invent
from culture_core.culture.settings import InventingSettings, VerdictSettings
from culture_core.culture.verdicts import after_asking, before_asking, judge, noisy_views, understanding
from culture_core.evaluation.attention import attention_patterns, logit_lens
from culture_core.evaluation.steering import AccuracyChange, Bench, accuracy_change, prepare_bench
from culture_core.features.attribution import Attribution, Margin, attribute, choose_margin
from culture_core.features.interventions import Intervention
from culture_core.models.guessing import greedy_answers
from culture_core.models.mygpt import MyGPT
from culture_core.models.steering import edit_at
from culture_core.world.vocabulary import LAST_GRID
from lab_state import measured_quizzes

MEASURED = 100
MEASURED_SEED = 21

Item = TypeVar("Item")
Result = TypeVar("Result")

_workers = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="gpt")


@dataclass(frozen=True)
class GivenAnswers:
    """The last grids that m GPTs write.

    predicted: (m, 100) uint8. probability: (m, 100) of each cell when it was written.
    """

    predicted: np.ndarray
    probability: np.ndarray


@dataclass(frozen=True)
class InventedQuizzes:
    """n candidates of one GPT and the verdicts of all m: tokens (n, 404) uint8; probability (n, m), NaN for
    what is no quiz; verdict (n, m) index into VERDICTS; reason (n,) index into REASONS."""

    tokens: np.ndarray
    probability: np.ndarray
    verdict: np.ndarray
    reason: np.ndarray


def answers(chosen: loaders.Population, tokens: np.ndarray) -> GivenAnswers:
    """What every GPT answers to a quiz (404,), greedily."""
    models = [loaders.model(chosen, k) for k in chosen.models]
    return _answers(chosen.folder, chosen.models, _versions(chosen), tokens.tobytes(), models)


def steered_answers(
    chosen: loaders.Population, hook: str, interventions: Mapping[int, Intervention], tokens: np.ndarray
) -> GivenAnswers:
    """What the GPTs answer under their interventions, in the order of these."""
    models = [loaders.model(chosen, k) for k in interventions]
    saes = [loaders.sae(chosen, hook, k) for k in interventions]
    done = tuple(interventions.items())
    return _steered_answers(chosen.folder, hook, done, _versions(chosen), tokens.tobytes(), models, saes)


def activations(
    chosen: loaders.Population, hook: str, names: Sequence[tuple[int, int]], tokens: np.ndarray
) -> np.ndarray:
    """Activations (n, 404) of n features, given as (GPT, feature), on a quiz (404,)."""
    readings = {k: loaders.reading(chosen, hook, k, tokens) for k in dict.fromkeys(k for k, _ in names)}
    rows = [readings[k].of_feature(feature) for k, feature in names]
    return np.stack(rows) if rows else np.empty((0, len(tokens)), np.float32)


def measure(
    chosen: loaders.Population,
    hook: str,
    interventions: Mapping[int, Intervention],
    task: str,
    tell: Callable[[float], object],
) -> dict[int, AccuracyChange]:
    """The change of accuracy under interventions, by GPT, over MEASURED quizzes of a task.

    tell: called with the share that is done.
    """
    saes = {k: loaders.sae(chosen, hook, k) for k in interventions}
    models = {k: loaders.model(chosen, k) for k in interventions}
    versions = _versions(chosen)

    def one(k: int) -> AccuracyChange:
        bench = _bench(chosen.folder, hook, k, task, versions, models[k])
        return accuracy_change(bench.intact, bench.under(interventions[k].on(saes[k])))

    changes = {}
    for model_k, change in zip(interventions, _workers.map(one, list(interventions)), strict=True):
        changes[model_k] = change
        tell(len(changes) / len(interventions))
    return changes


def margin(chosen: loaders.Population, model_k: int, tokens: np.ndarray, position: int) -> Margin:
    """What a GPT answers at a position, and the alternative."""
    return choose_margin(loaders.model(chosen, model_k), torch.from_numpy(tokens.copy()), position)


def attribution(
    chosen: loaders.Population, hook: str, model_k: int, tokens: np.ndarray, explained: Margin
) -> Attribution:
    """Which features of a GPT its answer at a position depends on."""
    model, sae = loaders.model(chosen, model_k), loaders.sae(chosen, hook, model_k)
    return _attribution(
        chosen.folder, hook, model_k, _versions(chosen), tokens.tobytes(), explained, model, sae
    )


def attention(chosen: loaders.Population, model_k: int, tokens: np.ndarray) -> np.ndarray:
    """Attention (blocks, heads, 404, 404) of a GPT on a quiz; see `attention_patterns`."""
    model = loaders.model(chosen, model_k)
    return _attention(chosen.folder, model_k, _versions(chosen), tokens.tobytes(), model)


def lens(chosen: loaders.Population, model_k: int, tokens: np.ndarray) -> np.ndarray:
    """Probabilities (blocks + 1, 404, 15) by layer of a GPT on a quiz; see `logit_lens`."""
    model = loaders.model(chosen, model_k)
    return _lens(chosen.folder, model_k, _versions(chosen), tokens.tobytes(), model)


def invented(
    chosen: loaders.Population, author: int, settings: InventingSettings, seed: int, n: int
) -> InventedQuizzes:
    """n candidates invented by one GPT, put to all."""
    models = [loaders.model(chosen, k) for k in chosen.models]
    place = chosen.models.index(author)
    return _invented(chosen.folder, place, settings, seed, n, _versions(chosen), models)


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results of some work that does not touch Streamlit, as many items at a time as there are cores."""
    return list(_workers.map(work, items))


def _versions(chosen: loaders.Population) -> tuple[str, ...]:
    """What the GPTs of a population are made of, so that nothing kept outlives them."""
    return tuple(model["sha256"] for model in chosen.manifest["models"])


def _quiz(tokens: bytes) -> Tensor:
    return torch.frombuffer(bytearray(tokens), dtype=torch.uint8)[None]


@st.cache_data(max_entries=200, show_spinner=False)
def _answers(
    folder: PopulationFolder,  # noqa: ARG001 - part of the cache's key, here and below
    models: tuple[int, ...],  # noqa: ARG001
    versions: tuple[str, ...],  # noqa: ARG001
    tokens: bytes,
    _models: list[MyGPT],
) -> GivenAnswers:
    quiz = _quiz(tokens)
    return _together(side_by_side(lambda model: greedy_answers(model, quiz), _models))


@st.cache_data(max_entries=200, show_spinner=False)
def _steered_answers(
    folder: PopulationFolder,  # noqa: ARG001
    hook: str,
    interventions: tuple[tuple[int, Intervention], ...],
    versions: tuple[str, ...],  # noqa: ARG001
    tokens: bytes,
    _models: list[MyGPT],
    _saes: list[loaders.Encoder],
) -> GivenAnswers:
    quiz = _quiz(tokens)

    def answer(place: int) -> object:
        replace = interventions[place][1].on(_saes[place])
        return greedy_answers(_models[place], quiz, edit=edit_at(hook, replace))

    return _together(side_by_side(answer, range(len(_models))))


def _together(given: Sequence) -> GivenAnswers:
    return GivenAnswers(
        np.stack([one.tokens[0, LAST_GRID].numpy() for one in given]),
        np.stack([one.probability[0].numpy() for one in given]),
    )


@st.cache_resource(max_entries=5, show_spinner=False)
def _bench(
    folder: PopulationFolder,  # noqa: ARG001
    hook: str,
    model_k: int,  # noqa: ARG001
    task: str,
    versions: tuple[str, ...],  # noqa: ARG001
    _model: MyGPT,
) -> Bench:
    return prepare_bench(_model, hook, measured_quizzes(task, MEASURED, MEASURED_SEED))


@st.cache_data(max_entries=100, show_spinner="Ablating one feature after the other")
def _attribution(
    folder: PopulationFolder,  # noqa: ARG001
    hook: str,
    model_k: int,  # noqa: ARG001
    versions: tuple[str, ...],  # noqa: ARG001
    tokens: bytes,
    explained: Margin,
    _model: MyGPT,
    _sae: loaders.Encoder,
) -> Attribution:
    return attribute(_model, _sae, hook, _quiz(tokens)[0], explained)


@st.cache_resource(max_entries=8, show_spinner=False)
def _attention(
    folder: PopulationFolder,  # noqa: ARG001
    model_k: int,  # noqa: ARG001
    versions: tuple[str, ...],  # noqa: ARG001
    tokens: bytes,
    _model: MyGPT,
) -> np.ndarray:
    return attention_patterns(_model, _quiz(tokens))[0].numpy()


@st.cache_resource(max_entries=50, show_spinner=False)
def _lens(
    folder: PopulationFolder,  # noqa: ARG001
    model_k: int,  # noqa: ARG001
    versions: tuple[str, ...],  # noqa: ARG001
    tokens: bytes,
    _model: MyGPT,
) -> np.ndarray:
    return logit_lens(_model, _quiz(tokens))[0].numpy()


@st.cache_data(max_entries=20, show_spinner="Inventing quizzes, and putting them to all GPTs")
def _invented(
    folder: PopulationFolder,  # noqa: ARG001
    author: int,
    settings: InventingSettings,
    seed: int,
    n: int,
    versions: tuple[str, ...],  # noqa: ARG001
    _models: list[MyGPT],
) -> InventedQuizzes:
    verdicts = VerdictSettings()
    found = invent(_models[author], n, torch.Generator().manual_seed(seed), settings)
    valid = found.valid.nonzero()[:, 0]
    probability = torch.full((n, len(_models)), torch.nan, dtype=torch.float64)
    if len(valid):
        views = noisy_views(found.tokens[valid], valid, seed, verdicts)
        columns = side_by_side(lambda model: understanding(model, views), _models)
        probability[valid] = torch.stack(columns, dim=1)
    reason = after_asking(before_asking(found.tokens, found.valid), probability, verdicts)
    verdict = judge(probability, verdicts)
    return InventedQuizzes(found.tokens.numpy(), probability.numpy(), verdict.numpy(), reason.numpy())
