"""The transfer of a hook point as an artifact: its settings, its path, whether it is up to date."""

from dataclasses import asdict, dataclass
from typing import Any

from culture_core.artifact import Artifact, Source
from culture_core.artifacts import PopulationFolder
from culture_core.errors import suggested
from culture_core.models.choice import check_several
from culture_core.models.population import read_manifest
from culture_core.saes.store import sae_sha256
from culture_core.settings import quizzes_in_turn, setting


@dataclass(frozen=True)
class TransferSettings:
    """What transfer is measured with. Maps are fitted on quizzes of one seed and measured on those of the
    next; steering uses those of the one after that."""

    fit_quizzes: int = setting(400, "quizzes that the maps are fitted on", least=2, metavar="N")
    quizzes: int = quizzes_in_turn(200, help="other quizzes that transfer is measured on")
    steered: int = setting(
        10,
        "features of each GPT to steer with, those that change the most of four times as many; 0: none",
        least=0,
        metavar="N",
    )
    strength: float = setting(4.0, "steer by this times the highest activation of a feature", above=0)
    steered_quizzes: int = setting(24, "quizzes that are steered", least=1, metavar="N")
    seed: int = setting(24, "seed of the quizzes, of the shuffling, and of the choice of features")


def transfer_artifact(population: PopulationFolder, hook: str) -> Artifact:
    """The transfer of a hook point, as an artifact."""
    return Artifact(
        name=f"transfer at {hook}",
        population=population,
        folder=population.transfer(hook),
        command=suggested("transfer", "--population", population.root, "--hook", hook),
        arrays="transfer.npz",
        sources=(Source("saes", "other SAEs", lambda _: sae_hashes(population, hook)),),
        verb="is",
    )


def made_from(population: PopulationFolder, hook: str, settings: TransferSettings) -> dict[str, Any]:
    """What the transfer depends on, as its manifest keeps it."""
    return {"saes": sae_hashes(population, hook), "settings": asdict(settings)}


def sae_hashes(population: PopulationFolder, hook: str) -> list[str]:
    """SHA-256 of every GPT's SAE at a hook point; each SAE is itself checked against its GPT.

    Errors: CultureError for a single GPT, and for one without an SAE.
    """
    check_several(population)
    models = [model["id"] for model in read_manifest(population.root)["models"]]
    return [sae_sha256(population, hook, k) for k in models]
