"""Measuring the effects of groups and families at a hook point, GPT by GPT."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.errors import CultureError, NothingToMeasure
from culture_core.evaluation.accuracy import NOISE
from culture_core.features.grading.reader import grades_artifact, open_grades
from culture_core.features.index.reader import open_index
from culture_core.features.index.store import index_artifact
from culture_core.models.api import load_culture
from culture_core.models.mygpt import MyGPT
from culture_core.processes import Report, Workers, run_jobs
from culture_core.saes.plain import read_sae
from culture_core.saes.protocols import Encoder
from culture_core.universality.families.choice import Described, choose_feature_sets
from culture_core.universality.families.effects import MEASURES, Effect, ReadQuizzes
from culture_core.universality.families.influence import influences
from culture_core.universality.families.store import FamilySettings, families_artifact, made_from
from culture_core.universality.matching.store import open_matches
from culture_core.world.quizzes import QuizBatch, generate_stream
from culture_core.world.vocabulary import STRUCTURE_NAMES, WORLD_TASKS


def run_families(
    population: PopulationFolder,
    hook: str,
    settings: FamilySettings,
    command: str,
    *,
    device: str = "cpu",
    workers: Workers | None = None,
    progress: bool = False,
) -> None:
    """Choose the sets with the most influence, change them in every GPT, and write what it does.

    Errors: CultureError when matches, indexes or grades are missing; NothingToMeasure when no set is
    eligible.
    """
    started = time.time()
    if not settings.groups + settings.families:
        raise CultureError("nothing to measure: ask for some --groups or --families")
    matches = open_matches(population, hook)
    for k in matches.models:
        grades_artifact(population, hook, k).manifest()
        index_artifact(population, hook, k).manifest()
    workers = (workers or Workers()).computing_on(device)
    weigh = partial(_influences, population, hook, settings, device)
    found = run_jobs(weigh, matches.models, workers)
    described = [_described(population, hook, k, own) for k, own in zip(matches.models, found, strict=True)]
    sets = choose_feature_sets(matches, described, settings)
    if not sets:
        raise NothingToMeasure(
            f"no matched group at {hook} is sparse enough and no concept has features in every GPT; "
            "try a lower --least-f1 or a higher --most-dense"
        )
    jobs = [(k, [(one.features[a], one.controls[a]) for one in sets]) for a, k in enumerate(matches.models)]
    measured = run_jobs(partial(_effects, population, hook, settings, device, progress), jobs, workers)
    arrays: dict[str, NDArray[Any]] = {
        "effects": np.stack([effects for effects, _ in measured], axis=3),
        "ceilings": np.stack([ceilings for _, ceilings in measured]),
        "kind": np.array([one.kind for one in sets]),
        "name": np.array([one.name for one in sets]),
    }
    for a, k in enumerate(matches.models):
        arrays[f"features_{k}"], arrays[f"starts_{k}"] = _ragged([one.features[a] for one in sets])
    manifest = {
        "hook": hook,
        "models": matches.models,
        **made_from(population, hook, settings),
        "made_by": provenance(command, started),
    }
    families_artifact(population, hook).write(manifest, arrays)


def paired_quizzes(settings: FamilySettings, device: str = "cpu") -> tuple[Tensor, Tensor]:
    """Tokens (n, 404) of quizzes in one structure, the tasks in turn, and the partner (n,) of each: the next
    one of its task. n is rounded up to two of each task at least."""
    batch, n_tasks = family_quizzes(settings), len(WORLD_TASKS)
    return batch.tokens.to(device), ((torch.arange(len(batch)) + n_tasks) % len(batch)).to(device)


def family_quizzes(settings: FamilySettings) -> QuizBatch:
    """The quizzes that influence and effects are measured on."""
    n_tasks = len(WORLD_TASKS)
    n = n_tasks * max(2, -(-settings.quizzes // n_tasks))
    return generate_stream(WORLD_TASKS, 0, n, settings.seed, structure=STRUCTURE_NAMES[0], noise=NOISE)


def _load(population: PopulationFolder, hook: str, model_k: int, device: str) -> tuple[MyGPT, Encoder]:
    model = load_culture([model_k], source=population.root)[0].to(device)
    return model, read_sae(population.sae(hook, model_k), device)


def _influences(
    population: PopulationFolder,
    hook: str,
    settings: FamilySettings,
    device: str,
    model_k: int,
    report: Report,
) -> NDArray[np.float64]:
    report(f"influence of the features of GPT {model_k}")
    model, sae = _load(population, hook, model_k, device)
    quizzes = family_quizzes(settings)
    return influences(model, sae, hook, quizzes.tokens.to(device), quizzes.clean)


def _described(
    population: PopulationFolder, hook: str, model_k: int, influence: NDArray[np.float64]
) -> Described:
    graded = open_grades(population, hook, model_k).table
    density = open_index(population, hook, model_k).table.density.to_numpy()
    return Described(influence, density, graded.concept.to_numpy().astype(str), graded.f1.to_numpy())


def _effects(
    population: PopulationFolder,
    hook: str,
    settings: FamilySettings,
    device: str,
    progress: bool,
    job: tuple[int, Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]],
    report: Report,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Effects (2, measures, sets, 2) of the sets and of their controls, mean and standard error; and what
    interchanging all features, and the whole state, does, (2, 2)."""
    model_k, sets = job
    report(f"changing groups and families of GPT {model_k}")
    model, sae = _load(population, hook, model_k, device)
    used = torch.from_numpy(np.unique(np.concatenate([one for pair in sets for one in pair])))
    quizzes = ReadQuizzes(model, sae, hook, *paired_quizzes(settings, device), used.to(device))
    effects = np.full((2, len(MEASURES), len(sets), 2), np.nan, dtype=np.float32)
    name = f"effects in GPT {model_k}"
    for place, pair in enumerate(tqdm(sets, name, unit="set", disable=not progress)):
        for which, features in enumerate(pair):
            for number, measure in enumerate((quizzes.ablation, quizzes.interchange)):
                effects[which, number, place] = Effect.of(measure(features))
    ceilings = [Effect.of(quizzes.interchange_all()), Effect.of(quizzes.interchange_state())]
    return effects, np.array(ceilings, dtype=np.float32)


def _ragged(parts: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """All features one after the other, and where those of each set begin, with the end."""
    starts = np.cumsum([0, *map(len, parts)])
    return np.concatenate(parts).astype(np.int32), starts.astype(np.int32)
