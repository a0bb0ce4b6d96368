"""The causal check of a hook point as an artifact: its settings, its path, whether it is up to date."""

from dataclasses import asdict, dataclass
from typing import Any

from culture_core.artifact import Artifact, Source
from culture_core.artifacts import PopulationFolder
from culture_core.errors import suggested
from culture_core.features.index.selective import MOST_DENSE
from culture_core.settings import quizzes_in_turn, setting
from culture_core.universality.matching.store import matches_sha256
from culture_core.world.vocabulary import WORLD_TASKS


@dataclass(frozen=True)
class CausalSettings:
    """What the causal check is run with.

    Groups are those furthest above shuffled quizzes among the eligible ones: whose features are all sparse
    enough and fire enough in the answer to matter to it. The latter holds for the controls too. Quizzes are
    in the structures that ask for one grid, with prompt noise.
    """

    groups: int = setting(24, "matched groups, and as many groups of each control", least=1, metavar="N")
    quizzes: int = quizzes_in_turn(240, least=len(WORLD_TASKS))
    seed: int = setting(12, "seed of the quizzes and of the controls")
    scale: float = setting(4.0, "also multiply matched features by this; 0 leaves that out", least=0)
    most_dense: float = setting(
        MOST_DENSE,
        "leave out groups with a feature that fires on more than this share of tokens",
        least=0,
        most=1,
    )
    least_in_answer: float = setting(
        0.1,
        "leave out groups with a feature that has less than this share of its firing where cells of the last "
        "grid are predicted",
        least=0,
        most=1,
    )


def causal_artifact(population: PopulationFolder, hook: str) -> Artifact:
    """The causal check of a hook point, as an artifact."""
    return Artifact(
        name=f"causal check at {hook}",
        population=population,
        folder=population.causal(hook),
        command=suggested("causal", "--population", population.root, "--hook", hook),
        arrays="causal.npz",
        sources=(Source("matches_sha256", "other matches", lambda _: matches_sha256(population, hook)),),
        verb="is",
    )


def made_from(population: PopulationFolder, hook: str, settings: CausalSettings) -> dict[str, Any]:
    """What the causal check depends on, as its manifest keeps it."""
    return {"matches_sha256": matches_sha256(population, hook), "settings": asdict(settings)}


def causal_is_current(population: PopulationFolder, hook: str, settings: CausalSettings) -> bool:
    """Whether the causal check there was made from the present matches with these settings."""
    causal = causal_artifact(population, hook)
    return causal.is_there() and causal.is_current(made_from(population, hook, settings))
