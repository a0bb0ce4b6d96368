"""Several populations, measured in the same way and written to one file.

Beside every population's own values stand their differences from the first one, pair by pair of GPTs of the
same number: populations that come from the same GPTs share much of what sets one pair apart from another.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.comparison.excess import with_excess
from culture_core.comparison.measure import (
    FEATURES,
    STATES,
    Likeness,
    LikenessSettings,
    culture_answers,
    features_of,
    states_of,
    world_answers,
)
from culture_core.comparison.pairs import interval, pair_mean, summary
from culture_core.errors import CultureError, suggested
from culture_core.models.population import read_manifest
from culture_core.models.sources import resolve_source
from culture_core.places import check_file
from culture_core.universality.matching.store import matches_sha256, open_matches

ANSWERS = "answers"
PARTS = (FEATURES, ANSWERS, STATES)


@dataclass(frozen=True)
class Compared:
    """One population to compare.

    name: what it is called. built: where its SAEs, indexes and matches are; None if features are left out.
    """

    name: str
    population: PopulationFolder
    built: PopulationFolder | None = None


def compare(
    compared: Sequence[Compared],
    settings: LikenessSettings,
    command: str,
    *,
    hook: str,
    parts: Sequence[str] = PARTS,
    culture_quizzes: Tensor | None = None,
    feature_settings: Mapping[str, Any] | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Measure every population and put them side by side, as write_comparison stores it.

    parts: of PARTS. culture_quizzes: (n, 404) held-out ones for all to answer. feature_settings: what SAEs
    and indexes were made with, for the manifest.
    Errors: CultureError for fewer than two populations, two of one name, or a population of a single GPT.
    """
    started = time.time()
    _check(compared)
    found = []
    for one in compared:
        if progress:
            print(f"\n{one.name}", flush=True)
        found.append(_measure(one, settings, hook, parts, culture_quizzes, progress))
    ids = [list(resolve_source(one.population.root).ids) for one in compared]
    inputs = [_inputs(one, k, hook) for one, k in zip(compared, ids, strict=True)]
    return {
        "manifest": {
            "settings": {**asdict(settings), "parts": list(parts), "features": dict(feature_settings or {})},
            "hook": hook if FEATURES in parts else None,
            "culture_quizzes": 0 if culture_quizzes is None else len(culture_quizzes),
            "made_by": artifacts.provenance(
                command, started, populations=inputs, culture_quizzes_sha256=_sha256(culture_quizzes)
            ),
        },
        "populations": [
            {
                "name": one.name,
                "models": k,
                "pairs": {name: summary(values, k) for name, values in likeness.pairs.items()},
                "figures": likeness.figures,
            }
            for one, k, likeness in zip(compared, ids, found, strict=True)
        ],
        "differences": [
            {"name": one.name, "from": compared[0].name, "pairs": _differences(likeness, found[0])}
            for one, k, likeness in list(zip(compared, ids, found, strict=True))[1:]
            if k == ids[0]
        ],
    }


def write_comparison(path: Path, comparison: dict[str, Any]) -> None:
    """Write a comparison as JSON, whole or not at all."""
    artifacts.write_json(path, comparison)


def check_comparison_file(path: Path | str) -> None:
    """Errors: CultureError when there is another kind of file at this path, or it cannot be written."""
    check_file(path, _is_comparison, "a comparison of populations")


def _is_comparison(path: Path) -> bool:
    try:
        found = artifacts.read_json(path)
    except CultureError:
        return False
    return isinstance(found, dict) and {"manifest", "populations", "differences"} <= found.keys()


def open_comparison(population: PopulationFolder) -> dict[str, Any]:
    """The comparison kept in a population.

    Errors: CultureError that says what to run when there is none, or it is not of this population's GPTs.
    """
    again = f"run {suggested('compare', 'BEFORE', population.root, '--keep-in', population.root)}"
    if not population.comparison.is_file():
        raise CultureError(f"no comparison in {population.root}; {again}")
    comparison = artifacts.read_json(population.comparison)
    try:
        inputs = comparison["manifest"]["made_by"]["inputs"]["populations"]
        known = [one["model_sha256"] for one in inputs]
        whole = all(_is_record(one) for kind in ("populations", "differences") for one in comparison[kind])
    except (AttributeError, KeyError, TypeError):
        whole = False
    if not whole:
        raise CultureError(f"{population.comparison} is damaged; {again}")
    if _model_hashes(population, resolve_source(population.root).ids) not in known:
        raise CultureError(f"the comparison in {population.root} is of other GPTs; {again}")
    return with_excess(comparison)


def _is_record(one: Any) -> bool:
    """Whether it has a name and measures, as every population and difference of a comparison has."""
    return "name" in one and all({"mean", "interval"} <= record.keys() for record in one["pairs"].values())


def _check(compared: Sequence[Compared]) -> None:
    names = [one.name for one in compared]
    if len(names) < 2:
        raise CultureError("name at least two populations to compare")
    if len(set(names)) < len(names):
        raise CultureError(
            f"two of the populations have the same name: {', '.join(names)}; copy one under another"
        )
    for one in compared:
        if len(resolve_source(one.population.root).ids) < 2:
            raise CultureError(f"{one.population.root} has a single GPT; a comparison takes two or more")


def _measure(
    one: Compared,
    settings: LikenessSettings,
    hook: str,
    parts: Sequence[str],
    culture_quizzes: Tensor | None,
    progress: bool,
) -> Likeness:
    likeness = Likeness({}, {})
    if FEATURES in parts and one.built is not None:
        likeness = likeness.joined(features_of(open_matches(one.built, hook)))
    models = resolve_source(one.population.root).load_models()
    if ANSWERS in parts:
        likeness = likeness.joined(world_answers(models, settings, progress))
        if culture_quizzes is not None:
            likeness = likeness.joined(culture_answers(models, culture_quizzes, settings, progress))
    if STATES in parts:
        likeness = likeness.joined(states_of(models, settings, progress))
    return likeness


def _differences(of: Likeness, first: Likeness) -> dict[str, Any]:
    """How much more every measure is than in the first population: mean over pairs and its interval."""
    changes = {name: of.pairs[name] - first.pairs[name] for name in of.pairs if name in first.pairs}
    return {
        name: {"mean": round(pair_mean(change), 6), "interval": interval(change)}
        for name, change in changes.items()
        if pair_mean(change) == pair_mean(change)
    }


def _inputs(one: Compared, models: Sequence[int], hook: str) -> dict[str, Any]:
    """What a population is measured from, by hash, and how its GPTs were trained, as its manifest says."""
    return {
        "name": one.name,
        "training": read_manifest(one.population.root).get("training"),
        "model_sha256": _model_hashes(one.population, models),
        "matches_sha256": None if one.built is None else matches_sha256(one.built, hook),
    }


def _model_hashes(population: PopulationFolder, models: Sequence[int]) -> dict[str, str]:
    return {str(k): artifacts.sha256_file(population.model(k)) for k in models}


def _sha256(quizzes: Tensor | None) -> str | None:
    import hashlib

    if quizzes is None:
        return None
    return hashlib.sha256(quizzes.to(torch.uint8).contiguous().numpy().tobytes()).hexdigest()
