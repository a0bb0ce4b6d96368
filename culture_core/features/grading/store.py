"""Grading an indexed SAE of a population, and writing the grades."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifact import model_hashes
from culture_core.artifacts import UNTRAINED, PopulationFolder, provenance
from culture_core.errors import CultureError
from culture_core.features.concepts.registry import PackedConcepts, pack_concepts, registry_hash
from culture_core.features.grading.coverage import (
    COVERAGE_QUIZZES,
    coverage_by_source,
    coverage_hooks,
    coverage_summary,
)
from culture_core.features.grading.grade import MARGIN, N_BEST, Grading, grade_features
from culture_core.features.grading.reader import COVERAGE_PREFIX, LAYOUT, grades_artifact
from culture_core.features.grading.screening import N_LEVELS
from culture_core.features.grading.truth import MIN_TOKENS, SHUFFLE_SEED, Truth
from culture_core.features.index.activations import ensure_activations
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import SparseActivations
from culture_core.features.index.store import read_manifest, remedy
from culture_core.world.vocabulary import QUIZ_LENGTH

SETTINGS = {
    "layout": LAYOUT,
    "levels": N_LEVELS,
    "best": N_BEST,
    "margin": MARGIN,
    "min_tokens": MIN_TOKENS,
    "shuffle_seed": SHUFFLE_SEED,
    "coverage_quizzes": COVERAGE_QUIZZES,
}


def grade_inputs(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> dict[str, Any]:
    """What the grades of one SAE depend on.

    Errors: CultureError when its index is missing, out of date, or over a single quiz.
    """
    index = read_manifest(population, hook, model_k, variant)
    if index["quiz_set"]["n"] < 2:
        raise CultureError(
            f"the index of GPT {model_k} at {hook} is over a single quiz; grading takes two or more, half of "
            f"them for thresholds; {remedy(population, hook, variant)} over more"
        )
    return {
        "sae_sha256": index["sae_sha256"],
        "quiz_set": index["quiz_set"],
        "untrained_sae_sha256": _untrained(population, hook, model_k, index["quiz_set"])[1],
        "registry_sha256": registry_hash(),
        "settings": SETTINGS,
    }


def is_current(population: PopulationFolder, hook: str, model_k: int, variant: str = "") -> bool:
    """Whether the grades on disk were computed from the present inputs with the present settings."""
    inputs = grade_inputs(population, hook, model_k, variant)
    return grades_artifact(population, hook, model_k, variant).is_current(inputs)


def grade_model(
    population: PopulationFolder,
    hook: str,
    model_k: int,
    command: str,
    *,
    variant: str = "",
    progress: str | None = None,
) -> None:
    """Grade the features of one SAE and write the grades into the population.

    Sparse activations are made again where they are missing. Errors: CultureError when the index is missing.
    """
    from culture_core.saes.variants import gpt_for_hooks

    started = time.time()
    inputs = grade_inputs(population, hook, model_k, variant)
    activations = ensure_activations(population, hook, model_k, variant)
    quizzes = QuizSet.from_json(inputs["quiz_set"]).quizzes()
    concepts = pack_concepts(quizzes)
    truth = Truth(concepts)
    grading = grade_features(activations, truth, progress=progress)
    few = Truth(_first_quizzes(concepts, COVERAGE_QUIZZES))
    best = coverage_by_source(
        gpt_for_hooks(population, model_k, variant, coverage_hooks(hook)),
        hook,
        quizzes[:COVERAGE_QUIZZES],
        few,
        activations,
        _untrained_activations(population, hook, model_k, inputs["quiz_set"]),
    )
    arrays = _feature_arrays(grading) | _concept_arrays(truth)
    arrays |= {f"{COVERAGE_PREFIX}{source}": f1 for source, f1 in best.items()}
    manifest = {
        "id": model_k,
        "hook": hook,
        **inputs,
        "coverage": coverage_summary(best, few),
        "made_by": provenance(command, started),
    }
    grades_artifact(population, hook, model_k, variant).write(manifest, arrays)


def _first_quizzes(concepts: PackedConcepts, n: int) -> PackedConcepts:
    return PackedConcepts(concepts.concepts, concepts.bits[: n * QUIZ_LENGTH])


def _feature_arrays(grading: Grading) -> dict[str, NDArray[Any]]:
    best = {"best_feature": grading.best_feature, "best_f1": grading.best_f1}
    return {"parts": grading.parts, **grading.scores, **best}


def _concept_arrays(truth: Truth) -> dict[str, NDArray[Any]]:
    concepts = truth.concepts.concepts
    holds = truth.fit.holds + truth.held_out.holds
    return {
        "names": np.array([concept.name for concept in concepts]),
        "words": np.array([concept.words for concept in concepts]),
        "kinds": np.array([concept.kind for concept in concepts]),
        "share": holds / (truth.fit.n_tokens + truth.held_out.n_tokens),
        "graded": truth.gradable,
    }


def _untrained(
    population: PopulationFolder, hook: str, model_k: int, quiz_set: dict[str, Any]
) -> tuple[int, str] | tuple[None, None]:
    """Id and hash of the SAE on an untrained GPT that is indexed over the same quizzes, that of GPT k first,
    for one such GPT serves all of the same shape; (None, None) where there is none."""
    for k in sorted(model_hashes(population), key=lambda k: k != model_k):
        try:
            manifest = read_manifest(population, hook, k, UNTRAINED)
        except CultureError:
            continue
        if manifest["quiz_set"] == quiz_set:
            return k, manifest["sae_sha256"]
    return None, None


def _untrained_activations(
    population: PopulationFolder, hook: str, model_k: int, quiz_set: dict[str, Any]
) -> SparseActivations | None:
    """Sparse activations of the SAE on an untrained GPT, None where none is indexed."""
    untrained_k, _ = _untrained(population, hook, model_k, quiz_set)
    return None if untrained_k is None else ensure_activations(population, hook, untrained_k, UNTRAINED)
