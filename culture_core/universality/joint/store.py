"""The joint dictionary of a hook point as an artifact: its settings, its path, whether it is up to date."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from culture_core.artifact import Artifact, Source
from culture_core.artifacts import JOINT, PopulationFolder
from culture_core.errors import suggested
from culture_core.models.choice import check_several
from culture_core.models.population import read_manifest
from culture_core.saes.settings import SAESettings
from culture_core.saes.store import sae_sha256
from culture_core.saes.training_stage import DEFAULTS
from culture_core.settings import quizzes_in_turn, setting
from culture_core.universality.matching.store import matches_sha256


@dataclass(frozen=True)
class JointSettings:
    """How the joint dictionary is trained, as the GPTs' SAEs are but for what stands here, and measured."""

    width: int = setting(4, "latents per dimension of all GPTs' states together", least=1)
    k: int = setting(32, "latents that fire on a token", least=1)
    tokens: int = setting(DEFAULTS.tokens, "tokens to train on", least=1)
    quizzes: int = quizzes_in_turn(160, help="quizzes that explained variance is measured on")
    seed: int = setting(26, "seed of these quizzes and of the shuffling")

    def sae(self, hook: str) -> SAESettings:
        """What the dictionary is trained with; it has no last stage, which works on one GPT's predictions."""
        return replace(
            DEFAULTS, hook=hook, width=self.width, k=self.k, tokens=self.tokens, finetune_quizzes=0
        )


def joint_artifact(population: PopulationFolder, hook: str) -> Artifact:
    """The joint dictionary of a hook point beside the GPTs' own features, as an artifact."""
    return Artifact(
        name=f"joint dictionary at {hook}",
        population=population,
        folder=population.joint(hook),
        command=suggested("joint", "--population", population.root, "--hook", hook),
        arrays="joint.npz",
        sources=(
            Source("matches_sha256", "other matches", lambda _: matches_sha256(population, hook)),
            Source("sae_sha256", "another dictionary", lambda _: joint_sha256(population, hook)),
        ),
        verb="is",
    )


def keeper(population: PopulationFolder) -> int:
    """The id of the GPT under which the joint dictionary is kept: the first.

    Errors: CultureError for a single GPT.
    """
    check_several(population)
    return int(read_manifest(population.root)["models"][0]["id"])


def joint_sha256(population: PopulationFolder, hook: str) -> str:
    """SHA-256 of the dictionary's weights. Errors: CultureError that says what to run when there is none."""
    return sae_sha256(population, hook, keeper(population), JOINT)


def made_from(population: PopulationFolder, hook: str, settings: JointSettings) -> dict[str, Any]:
    """What the artifact depends on, as its manifest keeps it."""
    return {
        "matches_sha256": matches_sha256(population, hook),
        "sae_sha256": joint_sha256(population, hook),
        "settings": asdict(settings),
    }
