"""What matches are made from: the sparse activations of all GPTs over one quiz set, and of baselines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError, suggested
from culture_core.features.index.activations import ensure_activations
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.reader import FeatureIndex, open_index
from culture_core.features.index.sparse import SparseActivations
from culture_core.features.index.store import index_artifact
from culture_core.saes.choice import check_same_size
from culture_core.universality.matching.codes import Codes


@dataclass(frozen=True)
class Inputs:
    """Sparse activations of the SAEs of m GPTs over one quiz set.

    models: ids of the GPTs; top_quiz: by SAE (f, k) numbers of each feature's top quizzes, -1 for none.
    """

    models: list[int]
    quiz_set: QuizSet
    activations: list[SparseActivations]
    top_quiz: list[NDArray[np.integer]]

    def codes(self) -> list[Codes]:
        return [Codes.of(activations, self.quiz_set.n) for activations in self.activations]


def open_indexes(population: PopulationFolder, hook: str, models: Sequence[int]) -> list[FeatureIndex]:
    """The indexes of all GPTs at a hook point.

    Errors: CultureError when one is missing or not current, or when they are over different quiz sets.
    """
    indexes = [open_index(population, hook, k) for k in models]
    if any(index.quiz_set != indexes[0].quiz_set for index in indexes):
        raise CultureError(
            f"the indexes at {hook} are over different quiz sets; "
            f"run {suggested('index', '--population', population.root, '--hook', hook)} for all"
        )
    return indexes


def read_inputs(
    population: PopulationFolder, hook: str, models: Sequence[int], *, progress: bool = False
) -> Inputs:
    """The activations of the SAEs of all GPTs, made again where only they are missing.

    Errors: CultureError when an index is missing or not current, when the indexes are over different quiz
    sets, or when the SAEs differ in size.
    """
    indexes = open_indexes(population, hook, models)
    check_same_size(population, hook, [index.n_features for index in indexes])
    activations = _activations(population, hook, models, "", progress)
    return Inputs(list(models), indexes[0].quiz_set, activations, [index.top_quiz for index in indexes])


def read_variant(
    population: PopulationFolder,
    hook: str,
    models: Sequence[int],
    variant: str,
    quiz_set: QuizSet,
    *,
    progress: bool = False,
) -> Inputs | None:
    """The same of the baseline SAEs there are, over as many quizzes of the set as all have; None when there
    are none."""
    present = indexed_variants(population, hook, models, variant, quiz_set)
    if not present:
        return None
    indexes = [open_index(population, hook, k, variant) for k in present]
    n = min(quiz_set.n, *(index.quiz_set.n for index in indexes))
    activations = _activations(population, hook, present, variant, progress)
    return Inputs(present, replace(quiz_set, n=n), activations, [index.top_quiz for index in indexes])


def indexed_variants(
    population: PopulationFolder, hook: str, models: Sequence[int], variant: str, quiz_set: QuizSet
) -> list[int]:
    """Ids of the GPTs whose baseline SAE is indexed over (a part of) that quiz set.

    Errors: CultureError when such an index is of another SAE than is there.
    """
    manifests = {k: _index_manifest(population, hook, k, variant) for k in models}
    return [
        k
        for k, manifest in manifests.items()
        if manifest is not None and replace(QuizSet.from_json(manifest["quiz_set"]), n=quiz_set.n) == quiz_set
    ]


def variant_hashes(
    population: PopulationFolder, hook: str, models: Sequence[int], variant: str
) -> list[dict[str, Any] | None]:
    """What tells whether a baseline's indexes are still the same: SAE and quiz set of each, None for none."""
    manifests = [_index_manifest(population, hook, k, variant) for k in models]
    return [
        None if manifest is None else {name: manifest[name] for name in ("sae_sha256", "quiz_set")}
        for manifest in manifests
    ]


def _index_manifest(
    population: PopulationFolder, hook: str, model_k: int, variant: str
) -> dict[str, Any] | None:
    index = index_artifact(population, hook, model_k, variant)
    return index.manifest() if index.is_there() else None


def _activations(
    population: PopulationFolder, hook: str, models: Sequence[int], variant: str, progress: bool
) -> list[SparseActivations]:
    what = f"{variant} activations" if variant else "activations"
    return [
        ensure_activations(population, hook, k, variant, progress=f"{what} of GPT {k}" if progress else None)
        for k in models
    ]
