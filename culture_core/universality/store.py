"""Matches on disk: one folder a hook point, for all models together."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core import artifacts
from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.quiz_set import QuizSet
from culture_core.features.reader import open_index
from culture_core.features.sparse import SparseActivations
from culture_core.features.store import open_activations
from culture_core.saes.store import load_sae, sae_manifest
from culture_core.universality.baselines import PERMUTATION, ROTATION, best_elsewhere, rotated_activations
from culture_core.universality.confounds import Confounds
from culture_core.universality.correlation import Codes
from culture_core.universality.matching import Matches, match_all
from culture_core.universality.overlays import pack, partner_maximum, partner_overlays
from culture_core.universality.reader import Match, MatchReader

__all__ = [
    "Match",
    "MatchReader",
    "MatchSettings",
    "match_population",
    "matches_are_current",
    "matches_sha256",
    "open_matches",
]

ARRAYS = "matches.npz"


@dataclass(frozen=True)
class MatchSettings:
    """What the baselines are measured with.

    seed: of shuffles and rotations. rotation_quizzes: the quizzes that the rotated activations are encoded
    on, the first of the set; 0 leaves that baseline out.
    """

    seed: int = 0
    rotation_quizzes: int = 500


@dataclass(frozen=True)
class _Inputs:
    """What matches are made from: sparse activations of all models over one quiz set."""

    quiz_set: QuizSet
    activations: list[SparseActivations]
    top_quiz: list[NDArray[np.integer]]


def match_population(
    population: PopulationFolder,
    hook: str,
    models: list[int],
    command: str,
    settings: MatchSettings | None = None,
    *,
    progress: bool = False,
) -> None:
    """Match the indexes of a hook point, measure the baselines that can be, and write the result.

    Errors: CultureError when an index or its activations are missing, when they are over different quiz sets,
    or when the SAEs differ in size.
    """
    started = time.time()
    settings = settings or MatchSettings()
    made_from = _made_from(population, hook, models, settings)
    inputs = _read_inputs(population, hook, models)
    confounds = Confounds.of(inputs.quiz_set.quizzes().tokens.numpy())
    codes = [Codes.of(activations, confounds) for activations in inputs.activations]
    label = "matching" if progress else None
    matches = match_all(codes, confounds, seed=settings.seed, progress=label)
    arrays = _match_arrays(matches)
    if settings.rotation_quizzes:
        arrays[f"{ROTATION}_r"] = _rotation_r(population, hook, models, inputs, settings, progress)
    arrays |= _overlay_arrays(matches, models, inputs)
    manifest = {
        "hook": hook,
        "models": models,
        **made_from,
        "missing": _missing(population, hook, settings),
        "made_by": artifacts.provenance(command, started),
    }
    with artifacts.atomic_folder(population.matches(hook)) as partial:
        artifacts.write_arrays(partial / ARRAYS, arrays)
        artifacts.write_json(partial / artifacts.MANIFEST, manifest)


def matches_are_current(
    population: PopulationFolder, hook: str, models: list[int], settings: MatchSettings
) -> bool:
    """Whether the matches there were made from the present indexes with these settings."""
    path = population.matches(hook) / artifacts.MANIFEST
    if not path.is_file():
        return False
    manifest = artifacts.read_json(path)
    made_from = {"models": models, **_made_from(population, hook, models, settings)}
    return all(manifest.get(name) == value for name, value in made_from.items())


def matches_sha256(population: PopulationFolder, hook: str) -> str:
    """SHA-256 of the matches of a hook point, which are there."""
    return artifacts.sha256_file(population.matches(hook) / ARRAYS)


def open_matches(population: PopulationFolder, hook: str) -> MatchReader:
    """Open the matches of a hook point.

    Errors: CultureError that says what to run when they are missing, damaged or of other SAEs.
    """
    folder = population.matches(hook)
    again = f"run `culture match --population {population.root} --hook {hook}`"
    if not (folder / artifacts.MANIFEST).is_file():
        raise CultureError(f"no matches at {hook} in {population.root}; {again}")
    manifest = artifacts.read_json(folder / artifacts.MANIFEST)
    present = [sae_manifest(population, hook, k)["sha256"] for k in manifest["models"]]
    if manifest["saes"] != present:
        raise CultureError(f"the matches at {hook} are of other SAEs; {again}")
    return MatchReader(manifest, artifacts.read_arrays(folder / ARRAYS, again))


def _made_from(
    population: PopulationFolder, hook: str, models: list[int], settings: MatchSettings
) -> dict[str, Any]:
    """The hashes and settings that matches depend on, as the manifest keeps them."""
    indexes = [open_index(population, hook, k) for k in models]
    return {
        "quiz_set": indexes[0].quiz_set.to_json(),
        "saes": [index.manifest["sae_sha256"] for index in indexes],
        "settings": asdict(settings),
    }


def _read_inputs(population: PopulationFolder, hook: str, models: list[int]) -> _Inputs:
    indexes = [open_index(population, hook, k) for k in models]
    if any(index.quiz_set != indexes[0].quiz_set for index in indexes):
        raise CultureError(
            f"the indexes at {hook} are over different quiz sets; "
            f"run `culture index --population {population.root} --hook {hook}` for all"
        )
    sizes = {index.n_features for index in indexes}
    if len(sizes) > 1:
        raise CultureError(
            f"the SAEs at {hook} differ in size ({', '.join(map(str, sorted(sizes)))} features); "
            f"run `culture train-sae --population {population.root} --hook {hook}` for all"
        )
    activations = [open_activations(population, hook, k) for k in models]
    return _Inputs(indexes[0].quiz_set, activations, [index.top_quiz for index in indexes])


def _match_arrays(matches: Matches) -> dict[str, NDArray]:
    return {
        "best_feature": matches.best_feature,
        "best_r": matches.best_r,
        "mutual": matches.mutual,
        "one_to_one": matches.one_to_one,
        "partial_r": matches.partial_r,
        f"{PERMUTATION}_r": matches.permuted_r,
    }


def _rotation_r(
    population: PopulationFolder,
    hook: str,
    models: Sequence[int],
    inputs: _Inputs,
    settings: MatchSettings,
    progress: bool,
) -> NDArray[np.float32]:
    """The best r of every feature among those of SAEs that read rotated activations: (m, m, f)."""
    from culture_core.models.api import load_hooked

    n = min(settings.rotation_quizzes, inputs.quiz_set.n)
    quiz_set = replace(inputs.quiz_set, n=n)
    confounds = Confounds.of(quiz_set.quizzes().tokens.numpy())
    rotated = [
        rotated_activations(
            load_hooked([k], source=population.root)[0],
            load_sae(population.sae(hook, k)),
            hook,
            quiz_set,
            seed=settings.seed,
            progress=f"rotated activations of GPT {k}" if progress else None,
        )
        for k in models
    ]
    return best_elsewhere(
        [Codes.of(activations, confounds) for activations in inputs.activations],
        [Codes.of(activations, confounds) for activations in rotated],
        progress="rotation baseline" if progress else None,
    )


def _overlay_arrays(matches: Matches, models: Sequence[int], inputs: _Inputs) -> dict[str, NDArray]:
    maximum = np.stack([_maximum(activations) for activations in inputs.activations])
    arrays: dict[str, NDArray] = {"maximum": maximum}
    overlays = partner_overlays(matches.best_feature, inputs.activations, inputs.top_quiz)
    for b, (k, packed) in enumerate(zip(models, overlays, strict=True)):
        arrays |= pack(packed, partner_maximum(matches.best_feature[:, b], maximum[b]), f"partner_{k}")
    return arrays


def _maximum(activations: SparseActivations) -> NDArray[np.float32]:
    """(f,) the highest activation of every feature, 0 for one that never fires."""
    maximum = np.zeros(activations.n_features, dtype=np.float32)
    fires = np.diff(activations.indptr) > 0
    maximum[fires] = np.maximum.reduceat(activations.value, activations.indptr[:-1][fires])
    return maximum


def _missing(population: PopulationFolder, hook: str, settings: MatchSettings) -> dict[str, str]:
    """What could not be measured, with what to run."""
    then = f"`culture match --population {population.root} --hook {hook}`"
    missing = {
        variant: f"run `culture train-sae` and `culture index`, both with --variant {variant}, then {then}"
        for variant in (UNTRAINED, RESEEDED)
    }
    if not settings.rotation_quizzes:
        missing[ROTATION] = f"run {then}"
    return missing
