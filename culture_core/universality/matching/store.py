"""Matches on disk: one folder per hook point, for all models together."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from culture_core.artifact import Artifact, Record, Source, model_hashes
from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder, provenance
from culture_core.errors import suggested
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.store import index_artifact
from culture_core.models.choice import check_several
from culture_core.saes.store import sae_sha256
from culture_core.universality.matching.baselines import ROTATION
from culture_core.universality.matching.inputs import (
    indexed_variants,
    open_indexes,
    read_inputs,
    variant_hashes,
)
from culture_core.universality.matching.match import Match
from culture_core.universality.matching.measure import MatchSettings, measure
from culture_core.universality.matching.reader import MatchReader

__all__ = [
    "Match",
    "MatchReader",
    "MatchSettings",
    "match_population",
    "matches_are_current",
    "matches_artifact",
    "matches_sha256",
    "open_matches",
]


def matches_artifact(population: PopulationFolder, hook: str) -> Artifact:
    """The matches of a hook point, as an artifact."""

    def present_saes(manifest: Record) -> list[str]:
        return [sae_sha256(population, hook, k) for k in manifest["models"]]

    def present_quizzes(manifest: Record) -> Record:
        indexes = [index_artifact(population, hook, k) for k in manifest["models"]]
        read = [index.manifest()["quiz_set"] for index in indexes if index.is_there()]
        return next((one for one in read if one != manifest["quiz_set"]), manifest["quiz_set"])

    return Artifact(
        name=f"matches at {hook}",
        population=population,
        folder=population.matches(hook),
        command=suggested("match", "--population", population.root, "--hook", hook),
        arrays="matches.npz",
        sources=(
            Source("models", "other GPTs", lambda _: list(model_hashes(population))),
            Source("saes", "other SAEs", present_saes),
            Source("quiz_set", "indexes over other quizzes", present_quizzes),
        ),
    )


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

    Errors: CultureError when an index is missing or not current, when the indexes are over different quiz
    sets, or when the SAEs differ in size.
    """
    started = time.time()
    settings = settings or MatchSettings()
    made_from = _made_from(population, hook, models, settings)
    inputs = read_inputs(population, hook, models, progress=progress)
    measured = measure(population, hook, models, inputs, settings, progress=progress)
    manifest = {
        "hook": hook,
        "models": models,
        **made_from,
        "figures": measured.figures,
        "missing": _missing(population, hook, models, inputs.quiz_set, settings),
        "made_by": provenance(command, started),
    }
    matches_artifact(population, hook).write(manifest, measured.arrays)


def matches_are_current(
    population: PopulationFolder, hook: str, models: list[int], settings: MatchSettings
) -> bool:
    """Whether the matches there were made from the present indexes with these settings.

    Errors: CultureError when an index is missing, or they are over different quiz sets.
    """
    made_from = {"models": models, **_made_from(population, hook, models, settings)}
    return matches_artifact(population, hook).is_current(made_from)


def matches_sha256(population: PopulationFolder, hook: str) -> str:
    """SHA-256 of the matches of a hook point.

    Errors: CultureError that says what to run when there are none, or they are of other SAEs or indexes.
    """
    matches = matches_artifact(population, hook)
    matches.manifest()
    return matches.sha256()


def open_matches(population: PopulationFolder, hook: str) -> MatchReader:
    """Open the matches of a hook point.

    Errors: CultureError that says what to run when they are missing, damaged or of other SAEs, and for a
    population of a single GPT.
    """
    check_several(population)
    return MatchReader(*matches_artifact(population, hook).open())


def _made_from(
    population: PopulationFolder, hook: str, models: list[int], settings: MatchSettings
) -> dict[str, Any]:
    """The hashes and settings that matches depend on, as the manifest keeps them."""
    indexes = open_indexes(population, hook, models)
    return {
        "quiz_set": indexes[0].quiz_set.to_json(),
        "saes": [index.manifest["sae_sha256"] for index in indexes],
        "variants": {
            variant: variant_hashes(population, hook, models, variant) for variant in (UNTRAINED, RESEEDED)
        },
        "settings": asdict(settings),
    }


def _missing(
    population: PopulationFolder,
    hook: str,
    models: Sequence[int],
    quiz_set: QuizSet,
    settings: MatchSettings,
) -> dict[str, str]:
    """What could not be measured, with what to run."""
    then = matches_artifact(population, hook).command
    missing = {
        variant: f"run `culture train-sae` and `culture index`, both with --variant {variant}, then {then}"
        for variant in (UNTRAINED, RESEEDED)
        if not indexed_variants(population, hook, models, variant, quiz_set)
    }
    if not settings.rotation_quizzes:
        missing[ROTATION] = f"run {then}"
    return missing
