"""The browse set: quizzes with the answer of every GPT, computed once for the dashboard.

World quizzes first, then unseen ones, both made from a seed, then culture quizzes where the GPTs have
invented some. Those are kept in the file: they cannot be made again.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core.artifact import Artifact, made_from_gpts, model_sha256
from culture_core.artifacts import PopulationFolder, provenance, sha256_file
from culture_core.errors import suggested
from culture_core.evaluation.accuracy import NOISE, evaluation_quizzes
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.generation import generate
from culture_core.models.mygpt import MyGPT
from culture_core.settings import quizzes_in_turn, setting
from culture_core.world.quizzes import QuizBatch, batch_from_tokens, concatenate
from culture_core.world.vocabulary import LAST_GRID, UNSEEN_TASKS, WORLD_TASKS

CULTURE_FILES = ("candidates", "culture")


@dataclass(frozen=True)
class BrowseSettings:
    """Which quizzes are answered. noise: share of noisy cells in the prompts of world and unseen quizzes."""

    n: int = quizzes_in_turn(400)
    n_unseen: int = setting(
        140, "quizzes of the tasks never trained on, in turn", option="unseen", least=1, metavar="N"
    )
    n_culture: int = setting(
        200, "quizzes that the GPTs invented, at most: the first ones", option="culture", least=1, metavar="N"
    )
    seed: int = setting(11, "seed of the world and unseen quizzes")
    noise: float = NOISE


@dataclass(frozen=True)
class BrowseSet:
    """n quizzes and the answers of m GPTs; the index of a culture quiz is the number of its candidate.

    models (m) ids; predicted (m, n, 100) uint8, the greedily generated last grid; correct (m, n) bool;
    probability (m, n, 100) float16 of the right value of each cell, given the right cells before it.
    """

    quizzes: QuizBatch
    models: list[int]
    predicted: NDArray[np.uint8]
    correct: NDArray[np.bool_]
    probability: NDArray[np.float16]


def browse_artifact(population: PopulationFolder) -> Artifact:
    """The browse set of a population, as an artifact."""
    return Artifact(
        name="answered quizzes",
        population=population,
        folder=population.browse,
        command=suggested("answers", "--population", population.root),
        arrays="answers.npz",
        sources=(made_from_gpts(population),),
    )


def answer_quizzes(
    models: Sequence[MyGPT], batch: QuizBatch, *, progress: str | None = None
) -> dict[str, NDArray[Any]]:
    """Arrays `predicted`, `correct` and `probability` of BrowseSet for these models."""
    predicted, correct, probability = [], [], []
    for model in tqdm(models, desc=progress, unit="GPT", disable=progress is None):
        right, answer = generate(model, batch.tokens, deterministic=True)
        predicted.append(answer[:, LAST_GRID].to("cpu").numpy().astype(np.uint8))
        correct.append(right.cpu().numpy())
        probability.append(
            score_quizzes(model, batch.tokens).cell_probability.cpu().numpy().astype(np.float16)
        )
    return {
        "predicted": np.stack(predicted),
        "correct": np.stack(correct),
        "probability": np.stack(probability),
    }


def write_browse(
    population: PopulationFolder,
    models: dict[int, MyGPT],
    settings: BrowseSettings,
    command: str,
    *,
    progress: str | None = None,
) -> None:
    """Answer the quizzes with every model (by id) and write the browse set, which appears whole or not at
    all."""
    started = time.time()
    made_from = _made_from(population, list(models), settings)
    culture = _kept_culture(population, settings.n_culture)
    quizzes = concatenate([*_generated(settings), culture])
    arrays = answer_quizzes(list(models.values()), quizzes, progress=progress)
    arrays |= {"culture_tokens": culture.tokens.numpy(), "culture_number": culture.index.numpy()}
    manifest = {
        **made_from,
        "n_quizzes": len(quizzes),
        "made_by": provenance(command, started),
    }
    browse_artifact(population).write(manifest, arrays)


def browse_is_current(population: PopulationFolder, models: list[int], settings: BrowseSettings) -> bool:
    """Whether the browse set there is of the present GPTs and culture quizzes, with these settings."""
    return browse_artifact(population).is_current(_made_from(population, models, settings))


def open_browse(population: PopulationFolder) -> BrowseSet:
    """Open the browse set.

    Errors: CultureError that says what to run when it is missing, damaged or of other GPTs.
    """
    manifest, arrays = browse_artifact(population).open()
    settings = BrowseSettings(**{setting.name: manifest[setting.name] for setting in fields(BrowseSettings)})
    culture = _numbered(arrays["culture_tokens"], arrays["culture_number"])
    answers = (arrays[name] for name in ("predicted", "correct", "probability"))
    return BrowseSet(concatenate([*_generated(settings), culture]), manifest["models"], *answers)


def _made_from(population: PopulationFolder, models: list[int], settings: BrowseSettings) -> dict[str, Any]:
    """What a browse set depends on, as its manifest keeps it."""
    invented = [population.quizzes(name) for name in CULTURE_FILES]
    return {
        **asdict(settings),
        "models": models,
        "model_sha256": [model_sha256(population, k) for k in models],
        "culture_sha256": [sha256_file(path) if path.is_file() else None for path in invented],
    }


def _generated(settings: BrowseSettings) -> list[QuizBatch]:
    """The world and the unseen quizzes."""
    groups = ((settings.n, WORLD_TASKS), (settings.n_unseen, UNSEEN_TASKS))
    return [evaluation_quizzes(n, settings.seed, tasks, noise=settings.noise) for n, tasks in groups if n]


def _kept_culture(population: PopulationFolder, most: int) -> QuizBatch:
    """The first culture quizzes that were kept; none where none were invented."""
    from culture_core.culture.published import open_store
    from culture_core.culture.store import NEITHER

    table = open_store(population).table
    kept = np.flatnonzero(table.split != NEITHER)[:most]
    return _numbered(table.tokens[kept], table.number[kept])


def _numbered(tokens: NDArray[np.uint8], number: NDArray[np.int64]) -> QuizBatch:
    return replace(batch_from_tokens(torch.from_numpy(tokens)), index=torch.from_numpy(number))
