"""The browse set: quizzes with the answer of every GPT, computed once for the dashboard."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.evaluation.accuracy import NOISE, evaluation_quizzes
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.generation import generate
from culture_core.models.mygpt import MyGPT
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import LAST_GRID

ARRAYS = "answers.npz"


@dataclass(frozen=True)
class BrowseSet:
    """n quizzes and the answers of m GPTs.

    models (m) ids; predicted (m, n, 100) uint8, the greedily generated last grid; correct (m, n) bool;
    probability (m, n, 100) float16 of the right value of each cell, given the right cells before it.
    """

    quizzes: QuizBatch
    models: list[int]
    predicted: NDArray[np.uint8]
    correct: NDArray[np.bool_]
    probability: NDArray[np.float16]


def answer_quizzes(
    models: Sequence[MyGPT], batch: QuizBatch, *, progress: str | None = None
) -> dict[str, NDArray]:
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
    n: int,
    seed: int,
    command: str,
    *,
    progress: str | None = None,
) -> None:
    """Answer n quizzes with every model (by id) and write the browse set; it appears whole or not at all."""
    started = time.time()
    arrays = answer_quizzes(list(models.values()), evaluation_quizzes(n, seed), progress=progress)
    manifest = {
        "n": n,
        "seed": seed,
        "noise": NOISE,
        "models": list(models),
        "model_sha256": [artifacts.sha256_file(population.model(k)) for k in models],
        "made_by": artifacts.provenance(command, started),
    }
    with artifacts.atomic_folder(population.browse) as partial:
        artifacts.write_arrays(partial / ARRAYS, arrays)
        artifacts.write_json(partial / artifacts.MANIFEST, manifest)


def open_browse(population: PopulationFolder) -> BrowseSet:
    """Open the browse set.

    Errors: CultureError that says what to run when it is missing, damaged or of other models.
    """
    again = f"run `culture answers --population {population.root}`"
    if not (population.browse / artifacts.MANIFEST).is_file():
        raise CultureError(f"no answered quizzes in {population.root}; {again}")
    manifest = artifacts.read_json(population.browse / artifacts.MANIFEST)
    present = {model["id"]: model["sha256"] for model in artifacts.read_json(population.manifest)["models"]}
    if manifest["model_sha256"] != [present.get(k) for k in manifest["models"]]:
        raise CultureError(f"the answered quizzes in {population.root} are of other models; {again}")
    arrays = artifacts.read_arrays(population.browse / ARRAYS, again)
    quizzes = evaluation_quizzes(manifest["n"], manifest["seed"], noise=manifest["noise"])
    return BrowseSet(
        quizzes, manifest["models"], arrays["predicted"], arrays["correct"], arrays["probability"]
    )
