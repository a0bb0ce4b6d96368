"""Effects of groups and families at a hook point as an artifact: settings, path, whether it is up to date."""

from dataclasses import asdict, dataclass
from typing import Any

from culture_core.artifact import Artifact, Source
from culture_core.artifacts import PopulationFolder
from culture_core.errors import suggested
from culture_core.features.index.selective import MOST_DENSE
from culture_core.settings import quizzes_in_turn, setting
from culture_core.universality.matching.store import matches_sha256

# the cell at which influence is measured, as manifests tell it
INFLUENCE_AT = "first cell that the rule changes, before noise"


@dataclass(frozen=True)
class FamilySettings:
    """Which groups and families are changed, and on which quizzes.

    A family is the features of a GPT whose best concept is, or contains, a single concept. Both are those
    with the most influence on the deciding cell, mean over the GPTs. Quizzes are in one structure, with
    prompt noise.
    """

    groups: int = setting(16, "matched groups", least=0, metavar="N")
    families: int = setting(
        16, "families of features that detect the same single concept", least=0, metavar="N"
    )
    members: int = setting(
        24, "features of a family in each GPT at most, those with the most influence", least=1, metavar="N"
    )
    least_f1: float = setting(
        0.4, "F1 from which on a feature counts as a detector of its concept", least=0, most=1
    )
    most_dense: float = setting(
        MOST_DENSE, "leave out features that fire on more than this share of tokens", least=0, most=1
    )
    quizzes: int = quizzes_in_turn(96)
    seed: int = setting(13, "seed of the quizzes and of the controls")


def families_artifact(population: PopulationFolder, hook: str) -> Artifact:
    """The effects of groups and families at a hook point, as an artifact."""
    return Artifact(
        name=f"effects of families at {hook}",
        population=population,
        folder=population.families(hook),
        command=suggested("families", "--population", population.root, "--hook", hook),
        arrays="families.npz",
        sources=(Source("matches_sha256", "other matches", lambda _: matches_sha256(population, hook)),),
    )


def made_from(population: PopulationFolder, hook: str, settings: FamilySettings) -> dict[str, Any]:
    """What the effects depend on, as their manifest keeps it."""
    return {
        "matches_sha256": matches_sha256(population, hook),
        "settings": asdict(settings),
        "influence_at": INFLUENCE_AT,
    }
