"""The only door to the artifacts: opens them once, shares them between sessions, checks names from URLs.

What is shared is read and never written. Each entry is keyed by when its manifest was written: a rebuilt
artifact shows without a restart. A missing one raises CultureError, which the router shows as a page.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
import torch

import quiz_table
from culture_core import artifacts
from culture_core.answers.browse import BrowseSet, open_browse
from culture_core.artifacts import PopulationFolder
from culture_core.culture.reader import CultureSet, open_culture
from culture_core.errors import CultureError
from culture_core.evaluation.circuits import Circuits, open_circuits
from culture_core.features.grading.reader import Grades, open_grades
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.reader import FeatureIndex, open_index
from culture_core.features.quiz_reading import QuizReading, read_quiz
from culture_core.models.mygpt import MyGPT
from culture_core.models.population import resolve_source
from culture_core.saes.plain import read_sae
from culture_core.saes.protocols import Encoder
from culture_core.saes.store import sae_manifest
from culture_core.universality.causal.store import CausalReader, open_causal
from culture_core.universality.matching.store import MatchReader, open_matches
from culture_core.world.quizzes import QuizBatch
from feature_table import feature_rows, with_excess
from group_table import group_table
from notes import NoteBook, notes_path
from quiz_table import Invention
from quoting import quoted

CACHE_VARIABLE = "CULTURE_CACHE"
REPOSITORY = Path(__file__).resolve().parents[1]

INDEX_SET, BROWSE_SET, CULTURE_SET = QUIZ_SETS = ("index", "browse", "culture")

torch.set_num_threads(1)


@dataclass(frozen=True)
class Quizzes:
    """Quizzes as arrays: tokens and clean (n, 404) uint8, task, structure and source n names each; batch has
    all that is known of them."""

    batch: QuizBatch
    tokens: np.ndarray
    clean: np.ndarray
    task: tuple[str, ...]
    structure: tuple[str, ...]
    source: tuple[str, ...]

    @classmethod
    def of(cls, batch: QuizBatch) -> "Quizzes":
        tokens, clean = batch.tokens.cpu().numpy(), batch.clean.cpu().numpy()
        tokens.setflags(write=False)
        clean.setflags(write=False)
        names = (batch.task_names(), batch.structure_names(), batch.source_names())
        return cls(batch, tokens, clean, *map(tuple, names))


@dataclass(frozen=True)
class Population:
    """A population: its folder, its manifest, the ids of its GPTs, its hook points with SAEs."""

    folder: PopulationFolder
    manifest: dict[str, Any]
    models: tuple[int, ...]
    hooks: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.folder.name


def cache_folder() -> Path:
    """The cache/ that is browsed: $CULTURE_CACHE or the repository's; relative if in the working folder."""
    folder = Path(os.environ.get(CACHE_VARIABLE) or REPOSITORY / artifacts.CACHE).absolute()
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def population_names() -> list[str]:
    """Names of the populations there are.

    Errors: CultureError that says how to make one when there is none.
    """
    names = [folder.name for folder in artifacts.populations(cache_folder())]
    if not names:
        cache = cache_folder()
        raise CultureError(
            f"no population in {cache}; make one with `culture convert hub {cache}/NAME`, "
            f"then `culture build --population {cache}/NAME`"
        )
    return names


def population(name: str) -> Population:
    """One population by its name.

    Errors: CultureError for a name that is not there.
    """
    for folder in artifacts.populations(cache_folder()):
        if folder.name == name:
            manifest = artifacts.read_json(folder.manifest)
            models = tuple(model["id"] for model in manifest["models"])
            return Population(folder, manifest, models, tuple(folder.hooks()))
    raise CultureError(f"there is no population {quoted(name)}; there are: {', '.join(population_names())}")


def evaluation(chosen: Population) -> dict[str, Any]:
    """The evaluation of a population: accuracy of each GPT, by task and structure.

    Errors: CultureError that says what to run.
    """
    path = chosen.folder.evaluation
    if not path.is_file():
        root = chosen.folder.root
        raise CultureError(f"no evaluation of {chosen.name}; run `culture evaluate --source {root} --save`")
    return artifacts.read_json(path)


def training_logs(chosen: Population) -> dict[int, list[dict[str, Any]]]:
    """By GPT, the records of its training; empty for a population that came without."""
    path = chosen.folder.training
    if not path.is_file():
        return {}
    return {int(k): records for k, records in artifacts.read_json(path)["models"].items()}


def saes(chosen: Population, hook: str) -> list[dict[str, Any]]:
    """The manifests of the SAEs at a hook point, one a GPT."""
    return [sae_manifest(chosen.folder, hook, model_k) for model_k in chosen.models]


def sae_hash(chosen: Population, hook: str, model_k: int) -> str:
    """What tells one GPT's SAE from another one trained in its place."""
    return str(sae_manifest(chosen.folder, hook, model_k)["sha256"])


def browse(chosen: Population) -> BrowseSet:
    """The quizzes with the answers of every GPT."""
    return _browse(chosen.folder, _written(chosen.folder.browse))


def browse_quizzes(chosen: Population) -> Quizzes:
    """The quizzes of the browse set as arrays."""
    return _browse_quizzes(chosen.folder, _written(chosen.folder.browse))


def inventions(chosen: Population) -> dict[int, Invention]:
    """What is known of the culture quizzes of the browse set, by their place in it."""
    return _inventions(chosen, *_browse_written(chosen))


def invention(chosen: Population, quiz_set: str, number: int) -> Invention | None:
    """What is known of quiz `number` of one of QUIZ_SETS; None unless the GPTs invented it."""
    if quiz_set == CULTURE_SET:
        return quiz_table.invention_of(culture(chosen), number)
    return inventions(chosen).get(number) if quiz_set == BROWSE_SET else None


def browse_table(chosen: Population) -> pd.DataFrame:
    """The quizzes of the browse set as a table."""
    return _browse_table(chosen, *_browse_written(chosen))


def index(chosen: Population, hook: str, model_k: int) -> FeatureIndex:
    """The feature index of one GPT's SAE."""
    return _index(chosen.folder, hook, model_k, _written(chosen.folder.index(hook, model_k)))


def index_quizzes(opened: FeatureIndex) -> Quizzes:
    """The quizzes an index is over; the indexes of the five GPTs share them."""
    return _index_quizzes(opened.quiz_set)


def matches(chosen: Population, hook: str) -> MatchReader:
    """The matches between the GPTs at a hook point."""
    return _matches(chosen.folder, hook, _written(chosen.folder.matches(hook)))


def matches_written(chosen: Population, hook: str) -> int:
    """What tells the matches of a hook point from others made in their place."""
    return _written(chosen.folder.matches(hook))


def has_matches(chosen: Population, hook: str) -> bool:
    """Whether the features of a hook point have been matched."""
    return matches_written(chosen, hook) > 0


def feature_table(chosen: Population, hook: str) -> pd.DataFrame:
    """The features of all GPTs in one table, of every GPT that has an index.

    Errors: CultureError that says what to run when none has.
    """
    indexed = tuple(k for k in chosen.models if (chosen.folder.index(hook, k) / artifacts.MANIFEST).is_file())
    if not indexed:
        index(chosen, hook, chosen.models[0])
    folders = [chosen.folder.matches(hook)]
    folders += [folder(hook, k) for folder in (chosen.folder.index, chosen.folder.concepts) for k in indexed]
    return _feature_table(chosen, hook, indexed, tuple(map(_written, folders)))


def note_book() -> NoteBook:
    """The reader's stars, names and notes."""
    return NoteBook(notes_path())


def culture(chosen: Population) -> CultureSet:
    """The stored culture quizzes with author, probabilities and verdicts."""
    return _culture(chosen.folder, _changed(chosen.folder.quizzes("candidates")))


def has_culture(chosen: Population) -> bool:
    """Whether the GPTs have invented quizzes."""
    return chosen.folder.quizzes("candidates").is_file() or chosen.folder.quizzes("culture").is_file()


def quiz_sets(chosen: Population) -> list[str]:
    """The quiz sets there are to look at, of QUIZ_SETS.

    Errors: CultureError that says what to run when there is none.
    """
    there = {
        INDEX_SET: bool(chosen.folder.indexed_hooks()),
        BROWSE_SET: _written(chosen.folder.browse) > 0,
        CULTURE_SET: has_culture(chosen),
    }
    names = [name for name in QUIZ_SETS if there[name]]
    if not names:
        root = chosen.folder.root
        raise CultureError(
            f"no quizzes of {chosen.name} to look at; run `culture answers --population {root}`"
        )
    return names


def quizzes_of(chosen: Population, hook: str, quiz_set: str) -> Quizzes:
    """The quizzes of one of QUIZ_SETS; those of the index belong to a hook point."""
    if quiz_set == BROWSE_SET:
        return browse_quizzes(chosen)
    if quiz_set == CULTURE_SET:
        return _culture_quizzes(chosen.folder, _changed(chosen.folder.quizzes("candidates")))
    return index_quizzes(index(chosen, the_hook(chosen, hook), chosen.models[0]))


def circuits(chosen: Population) -> dict[int, Circuits]:
    """What every part of each GPT is needed for, and what its heads attend to, by GPT."""
    written = tuple(_written(chosen.folder.circuits_of(model_k)) for model_k in chosen.models)
    return _circuits(chosen.folder, _changed(chosen.folder.manifest), written)


def model(chosen: Population, model_k: int) -> MyGPT:
    """One GPT, on the CPU; shared, to be read only."""
    return _model(chosen.folder, model_k, _changed(chosen.folder.manifest))


def sae(chosen: Population, hook: str, model_k: int) -> Encoder:
    """One GPT's SAE, on the CPU; shared, to be read only."""
    return _sae(chosen.folder, hook, model_k, _written(chosen.folder.sae(hook, model_k)))


def has_sae(chosen: Population, hook: str, model_k: int) -> bool:
    """Whether one GPT has an SAE at a hook point ("": at none)."""
    return hook != "" and _written(chosen.folder.sae(hook, model_k)) > 0


def has_index(chosen: Population, hook: str, model_k: int) -> bool:
    """Whether one GPT's SAE has an index."""
    return hook != "" and _written(chosen.folder.index(hook, model_k)) > 0


def reading(chosen: Population, hook: str, model_k: int, tokens: np.ndarray) -> QuizReading:
    """One quiz (404,) read by one GPT and, where it has one, its SAE at a hook point; computed when first
    asked for."""
    at = hook if has_sae(chosen, hook, model_k) else ""
    written = _changed(chosen.folder.manifest), _written(chosen.folder.sae(at, model_k)) if at else 0
    return _reading(chosen, at, model_k, tokens.tobytes(), written)


def grades(chosen: Population, hook: str, model_k: int) -> Grades:
    """The grades of one GPT's features on the concepts."""
    return _grades(chosen.folder, hook, model_k, _written(chosen.folder.concepts(hook, model_k)))


def has_grades(chosen: Population, hook: str, model_k: int) -> bool:
    """Whether one GPT's features have been graded."""
    return _written(chosen.folder.concepts(hook, model_k)) > 0


def match_table(chosen: Population, hook: str, model_k: int) -> pd.DataFrame:
    """One GPT's table of matches, with the excess over the highest baseline."""
    return _match_table(chosen.folder, hook, model_k, _written(chosen.folder.matches(hook)))


def match_tables(chosen: Population, hook: str) -> pd.DataFrame:
    """The tables of matches of all GPTs below one another, as they are downloaded."""
    models = matches(chosen, hook).models
    return pd.concat([match_table(chosen, hook, k).assign(gpt=k) for k in models], ignore_index=True)


def groups(chosen: Population, hook: str) -> pd.DataFrame:
    """The groups of universal features with what their features have in common."""
    folders = [chosen.folder.matches(hook), chosen.folder.causal(hook)]
    folders += [chosen.folder.concepts(hook, k) for k in chosen.models]
    return _groups(chosen, hook, tuple(map(_written, folders)))


def causal(chosen: Population, hook: str) -> CausalReader:
    """What ablating matched features does to each GPT."""
    return _causal(chosen.folder, hook, _written(chosen.folder.causal(hook)))


def has_causal(chosen: Population, hook: str) -> bool:
    """Whether matched features have been ablated."""
    return _written(chosen.folder.causal(hook)) > 0


def the_hook(chosen: Population, name: str | None) -> str:
    """The hook point of that name, or the first when no name is given.

    Errors: CultureError for a hook point without SAEs, or when there are none at all.
    """
    if not chosen.hooks:
        raise CultureError(
            f"no SAEs of {chosen.name} yet; run `culture build --population {chosen.folder.root}`"
        )
    if name is None:
        return chosen.hooks[0]
    return _one_of(name, chosen.hooks, "hook point")


def any_hook(chosen: Population) -> str:
    """The first hook point, or "" for a population without SAEs."""
    return chosen.hooks[0] if chosen.hooks else ""


def the_model(chosen: Population, name: str | None) -> int:
    """The id of the GPT of that name, or the first when no name is given.

    Errors: CultureError that lists the GPTs there are.
    """
    if name is None:
        return chosen.models[0]
    return int(_one_of(name, [str(model_k) for model_k in chosen.models], "GPT"))


def _one_of(name: str, known: Sequence[str], kind: str) -> str:
    if name in known:
        return name
    raise CultureError(f"there is no {kind} {quoted(name)}; there are: {', '.join(known)}")


def _written(folder: Path) -> int:
    """When an artifact was written, in nanoseconds; 0 when it is not there."""
    return _changed(folder / artifacts.MANIFEST)


def _changed(path: Path) -> int:
    """When a file was written, in nanoseconds; 0 when it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _identity(chosen: Population) -> str:
    return str(chosen.folder.root)


@st.cache_resource(max_entries=4, show_spinner="Reading the answered quizzes")
def _browse(folder: PopulationFolder, written: int) -> BrowseSet:  # noqa: ARG001 - part of the cache's key
    return open_browse(folder)


@st.cache_resource(max_entries=4, show_spinner=False)
def _browse_quizzes(folder: PopulationFolder, written: int) -> Quizzes:
    return Quizzes.of(_browse(folder, written).quizzes)


@st.cache_resource(max_entries=20, show_spinner="Opening the feature index")
def _index(folder: PopulationFolder, hook: str, model_k: int, written: int) -> FeatureIndex:  # noqa: ARG001
    return open_index(folder, hook, model_k)


@st.cache_resource(max_entries=4, show_spinner="Making the quizzes")
def _index_quizzes(quiz_set: QuizSet) -> Quizzes:
    return Quizzes.of(quiz_set.quizzes())


@st.cache_resource(max_entries=4, show_spinner="Opening the matches")
def _matches(folder: PopulationFolder, hook: str, written: int) -> MatchReader:  # noqa: ARG001
    return open_matches(folder, hook)


@st.cache_resource(max_entries=4, show_spinner="Reading the features", hash_funcs={Population: _identity})
def _feature_table(
    chosen: Population,
    hook: str,
    models: tuple[int, ...],
    written: tuple[int, ...],  # noqa: ARG001
) -> pd.DataFrame:
    matched = has_matches(chosen, hook)
    rows = [
        feature_rows(
            k,
            index(chosen, hook, k).table,
            match_table(chosen, hook, k) if matched else None,
            grades(chosen, hook, k).table if has_grades(chosen, hook, k) else None,
        )
        for k in models
    ]
    return pd.concat(rows, ignore_index=True).fillna({"concept": "", "promoted": ""})


def _browse_written(chosen: Population) -> tuple[int, int]:
    return _written(chosen.folder.browse), _changed(chosen.folder.quizzes("candidates"))


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={Population: _identity})
def _inventions(chosen: Population, written: int, changed: int) -> dict[int, Invention]:  # noqa: ARG001
    known = culture(chosen) if has_culture(chosen) else None
    return quiz_table.inventions(browse(chosen), known)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={Population: _identity})
def _browse_table(chosen: Population, written: int, changed: int) -> pd.DataFrame:  # noqa: ARG001
    return quiz_table.quiz_table(browse(chosen), inventions(chosen))


@st.cache_resource(max_entries=4, show_spinner="Opening the circuits")
def _circuits(folder: PopulationFolder, changed: int, written: tuple[int, ...]) -> dict[int, Circuits]:  # noqa: ARG001
    return open_circuits(folder)


@st.cache_resource(max_entries=4, show_spinner="Reading the culture quizzes")
def _culture(folder: PopulationFolder, changed: int) -> CultureSet:  # noqa: ARG001
    return open_culture(folder)


@st.cache_resource(max_entries=4, show_spinner=False)
def _culture_quizzes(folder: PopulationFolder, changed: int) -> Quizzes:
    return Quizzes.of(_culture(folder, changed).quizzes)


@st.cache_resource(max_entries=20, show_spinner="Loading the GPTs")
def _model(folder: PopulationFolder, model_k: int, changed: int) -> MyGPT:  # noqa: ARG001
    return resolve_source(folder.root).load_models(model_k)[0]


@st.cache_resource(max_entries=20, show_spinner="Loading the SAEs")
def _sae(folder: PopulationFolder, hook: str, model_k: int, written: int) -> Encoder:  # noqa: ARG001
    return read_sae(folder.sae(hook, model_k))


@st.cache_resource(max_entries=320, show_spinner=False, hash_funcs={Population: _identity})
def _reading(
    chosen: Population,
    hook: str,
    model_k: int,
    tokens: bytes,
    written: tuple[int, int],  # noqa: ARG001
) -> QuizReading:
    encoder = sae(chosen, hook, model_k) if hook else None
    return read_quiz(model(chosen, model_k), np.frombuffer(tokens, dtype=np.uint8), encoder, hook)


@st.cache_resource(max_entries=20, show_spinner="Opening the grades")
def _grades(folder: PopulationFolder, hook: str, model_k: int, written: int) -> Grades:  # noqa: ARG001
    return open_grades(folder, hook, model_k)


@st.cache_resource(max_entries=20, show_spinner=False)
def _match_table(folder: PopulationFolder, hook: str, model_k: int, written: int) -> pd.DataFrame:
    return with_excess(_matches(folder, hook, written).table(model_k))


@st.cache_resource(max_entries=4, show_spinner="Opening the causal check")
def _causal(folder: PopulationFolder, hook: str, written: int) -> CausalReader:  # noqa: ARG001
    return open_causal(folder, hook)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={Population: _identity})
def _groups(chosen: Population, hook: str, written: tuple[int, ...]) -> pd.DataFrame:  # noqa: ARG001
    agreement = {}
    if has_causal(chosen, hook):
        agreement = causal(chosen, hook).table.set_index("group").agreement.to_dict()
    return group_table(matches(chosen, hook).groups, feature_table(chosen, hook), agreement)
