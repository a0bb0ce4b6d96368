"""The catalogue of heads on disk, GPT by GPT."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from culture_core.artifact import Artifact, Source, check_same_settings, model_sha256
from culture_core.artifacts import PopulationFolder
from culture_core.circuits.heads.catalogue import Heads, HeadSettings
from culture_core.circuits.heads.targets import TARGETS
from culture_core.errors import suggested

_ARRAYS = tuple(field.name for field in fields(Heads) if field.name != "tasks")


def heads_artifact(population: PopulationFolder, model_k: int) -> Artifact:
    """The heads of one GPT, as an artifact."""
    return Artifact(
        name=f"heads of GPT {model_k}",
        population=population,
        folder=population.heads(model_k),
        command=suggested("heads", "--population", population.root),
        arrays="heads.npz",
        sources=(
            Source("model_sha256", "other weights", lambda _: model_sha256(population, model_k)),
            Source("targets", "other targets", lambda _: list(TARGETS)),
        ),
    )


def identity(settings: HeadSettings, model_sha256: str) -> dict[str, Any]:
    """What the heads of a GPT depend on, as their manifest says it."""
    return {"settings": asdict(settings), "model_sha256": model_sha256, "targets": list(TARGETS)}


def save_heads(heads: Heads, population: PopulationFolder, model_k: int, manifest: dict[str, Any]) -> None:
    """Write the heads of one GPT; the folder appears whole or not at all."""
    arrays = {name: getattr(heads, name) for name in _ARRAYS}
    heads_artifact(population, model_k).write({"tasks": list(heads.tasks), **manifest}, arrays)


def open_heads(population: PopulationFolder, model_k: int) -> Heads:
    """The heads of one GPT.

    Errors: CultureError that says what to run when they are missing, damaged or of other weights.
    """
    manifest, arrays = heads_artifact(population, model_k).open()
    return Heads(tuple(manifest["tasks"]), **{name: arrays[name] for name in _ARRAYS})


def check_same_quizzes(population: PopulationFolder, models: Sequence[int]) -> None:
    """Errors: CultureError when the heads of these GPTs were measured on different quizzes."""
    check_same_settings([heads_artifact(population, k) for k in models])
