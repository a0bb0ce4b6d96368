"""The stage behind `culture invent`: quizzes in and out of a population, and new ones."""

from collections.abc import Callable
from typing import Any

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.culture.settings import READY_ACCURACY, RoundSettings

CANDIDATES_PER_QUIZ = 100


def invent_for_population(
    population: PopulationFolder,
    n: int,
    settings: RoundSettings | None = None,
    *,
    limit: int | None = None,
    device: str = "cpu",
    batch_size: int = 64,
    command: str = "",
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Let the GPTs invent until n quizzes are kept, or candidates reach the limit (default: a hundred per
    quiz); returns the report of the run. The last run goes on when it has the same settings and GPTs."""
    from culture_core.culture.rounds import invent_quizzes

    if weak := _weak(population):
        say(
            f"note: few quizzes will be kept, because GPT {', '.join(map(str, weak))} solve fewer than "
            f"{READY_ACCURACY:.0%} of quizzes"
        )
    return invent_quizzes(
        population,
        n,
        settings or RoundSettings(),
        limit=limit or CANDIDATES_PER_QUIZ * n,
        device=device,
        batch_size=batch_size,
        command=command,
        progress="inventing",
    )


def _weak(population: PopulationFolder) -> list[int]:
    """Ids of the GPTs that are too inaccurate for inventing to keep many quizzes."""
    models = artifacts.read_json(population.manifest)["models"]
    return [model["id"] for model in models if (model["accuracy"] or 0) < READY_ACCURACY]
