"""The causal check of a hook point as an artifact: its settings, where it lies, whether it is current."""

from dataclasses import asdict, dataclass
from typing import Any

from culture_core.artifact import Artifact, Source
from culture_core.artifacts import PopulationFolder
from culture_core.errors import suggested
from culture_core.universality.matching.store import matches_sha256


@dataclass(frozen=True)
class CausalSettings:
    """What the causal check is run with.

    groups: matched groups, those of highest excess among the eligible ones, and as many of each control.
    quizzes: the tasks in turn, in the structures that ask for one grid, with prompt noise. seed: of the
    quizzes and the controls. scale: matched features are also multiplied by this; 0 leaves that out.
    most_dense, least_in_answer: a group is eligible when each of its features fires on at most this share of
    tokens, and has at least this share of its firing where cells of the last grid are predicted, so that it
    can matter to the answer. The second holds for the controls too.
    """

    groups: int = 24
    quizzes: int = 240
    seed: int = 12
    scale: float = 4.0
    most_dense: float = 0.05
    least_in_answer: float = 0.1


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
