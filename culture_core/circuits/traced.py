"""What artifacts of traces through one GPT have in common: the GPT and the SAEs that they were made from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from culture_core.artifact import Artifact, Source, model_sha256
from culture_core.artifacts import PopulationFolder
from culture_core.circuits.stage import traced_saes
from culture_core.errors import suggested


def traced_artifact(
    population: PopulationFolder, model_k: int, name: str, folder: Path, option: str, arrays: str
) -> Artifact:
    """An artifact of traces through one GPT. name: as in "trace check"; option: the one of `culture trace`
    that makes it; arrays: its file of arrays."""
    return Artifact(
        name=f"{name} of GPT {model_k}",
        population=population,
        folder=folder,
        command=suggested("trace", "--population", population.root, option),
        arrays=arrays,
        sources=(
            Source("model_sha256", "other weights", lambda _: model_sha256(population, model_k)),
            Source("saes", "other SAEs", lambda _: traced_saes(population, model_k)),
        ),
        verb="is",
    )


def traced_inputs(population: PopulationFolder, model_k: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What such an artifact depends on, as its manifest says it; errors as `traced_saes`."""
    return {
        "settings": dict(settings),
        "model_sha256": model_sha256(population, model_k),
        "saes": traced_saes(population, model_k),
    }
