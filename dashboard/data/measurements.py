"""What was measured of a population: accuracy, training curves, SAE figures, circuits."""

from typing import Any

from culture_core import artifacts
from culture_core.evaluation.circuits import Circuits, open_circuits
from culture_core.evaluation.report import open_evaluation
from culture_core.saes.store import sae_manifest
from dashboard.data.cached import changed, shared, written
from dashboard.data.populations import Population


def evaluation(chosen: Population) -> dict[str, Any]:
    """The evaluation of a population: accuracy of each GPT, by task and structure.

    Errors: CultureError that says what to run when it is missing or of other GPTs.
    """
    return open_evaluation(chosen.folder)


def training_logs(chosen: Population) -> dict[int, list[dict[str, Any]]]:
    """By GPT, the records of its training; empty for a population that came without."""
    path = chosen.folder.training
    if not path.is_file():
        return {}
    return {int(k): records for k, records in artifacts.read_json(path)["models"].items()}


def saes(chosen: Population, hook: str) -> list[dict[str, Any]]:
    """The manifests of the SAEs at a hook point, one per GPT."""
    return [sae_manifest(chosen.folder, hook, model_k) for model_k in chosen.models]


def sae_hash(chosen: Population, hook: str, model_k: int) -> str:
    """What tells one GPT's SAE from another one trained in its place."""
    return str(sae_manifest(chosen.folder, hook, model_k)["sha256"])


def _circuits_written(chosen: Population) -> tuple[int | None, ...]:
    folders = [chosen.folder.circuits_of(model_k) for model_k in chosen.models]
    return changed(chosen.folder.manifest), *map(written, folders)


@shared(_circuits_written, at_most=4, spinner="Opening the circuits")
def circuits(chosen: Population) -> dict[int, Circuits]:
    """What every part of each GPT is needed for, and what its heads attend to, by GPT."""
    return open_circuits(chosen.folder)
