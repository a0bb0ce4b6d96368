"""What was measured of a population: accuracy, training curves, SAE figures, circuits, heads."""

from typing import Any

from culture_core.artifact import Record
from culture_core.circuits.heads.catalogue import Heads
from culture_core.circuits.heads.store import check_same_quizzes
from culture_core.errors import CultureError, suggested
from culture_core.evaluation.circuits import Circuits
from dashboard.data.population.populations import Population


def evaluation(chosen: Population) -> dict[str, Any]:
    """The evaluation of a population: accuracy of each GPT, by task and structure.

    Errors: CultureError that says what to run when it is missing or of other GPTs.
    """
    return chosen.evaluation()


def comparison(chosen: Population) -> dict[str, Any] | None:
    """How alike the GPTs are, beside other populations; None where they were never compared.

    Errors: CultureError that says what to run when it is damaged or of other GPTs.
    """
    return chosen.comparison() if was_compared(chosen) else None


def was_compared(chosen: Population) -> bool:
    """Whether a comparison with other populations is kept, usable or not."""
    return chosen.folder.comparison.is_file()


def training_logs(chosen: Population) -> dict[int, list[dict[str, Any]]]:
    """By GPT, the records of its training; empty for a population that came without."""
    return chosen.training()


def saes(chosen: Population, hook: str) -> list[Record]:
    """The manifests of the SAEs at a hook point, with their figures, one per GPT.

    Errors: CultureError that says what to run when an SAE is missing or has not been measured.
    """
    return [_measured(chosen, hook, model_k) for model_k in chosen.models]


def _measured(chosen: Population, hook: str, model_k: int) -> Record:
    manifest = chosen.sae_manifest(hook, model_k)
    if not manifest.get("figures"):
        command = suggested("evaluate-sae", "--population", chosen.folder.root, "--hook", hook)
        raise CultureError(f"the SAE of GPT {model_k} at {hook} has not been measured; run {command}")
    return manifest


def sae_hash(chosen: Population, hook: str, model_k: int) -> str:
    """What tells one GPT's SAE from another one trained in its place."""
    return str(chosen.sae_manifest(hook, model_k)["sha256"])


def circuits(chosen: Population) -> dict[int, Circuits]:
    """What every part of each GPT is needed for, and what its heads attend to, by GPT."""
    return {model_k: chosen.circuits(model_k) for model_k in chosen.models}


def heads(chosen: Population) -> dict[int, Heads]:
    """What each attention head does and what its ablation breaks, by GPT."""
    check_same_quizzes(chosen.folder, chosen.models)
    return {model_k: chosen.heads(model_k) for model_k in chosen.models}
