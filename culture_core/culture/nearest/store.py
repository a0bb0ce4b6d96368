"""What is nearest to each kept culture quiz, stored in the population: finding it takes seconds."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from culture_core.artifact import Artifact
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.culture.nearest.classifier import TaskClassifier
from culture_core.culture.nearest.distance import rule_distances
from culture_core.culture.reader import kept_culture
from culture_core.errors import suggested

# changes with the rules that quizzes are compared with (rules.py)
RULES = 2


@dataclass(frozen=True)
class Nearest:
    """Of n quizzes: distances (n, 8) int16 in cells to the rule of each world task; guess (n,) the task that
    each looks like, and guess_p (n,) how surely; unusual (n,) 0 to 1."""

    distances: NDArray[np.int16]
    guess: NDArray[np.str_]
    guess_p: NDArray[np.float64]
    unusual: NDArray[np.float64]


def find_nearest(tokens: Tensor, classifier: TaskClassifier | None = None) -> Nearest:
    """What is nearest to quizzes (n, 404). classifier: default: one grown here, which takes seconds."""
    guesses = (classifier or TaskClassifier()).guess(tokens)
    return Nearest(
        rule_distances(tokens).numpy(), np.array(guesses.task), guesses.probability.max(1), guesses.unusual
    )


def nearest_artifact(population: PopulationFolder) -> Artifact:
    """What is nearest to the kept quizzes of a population, as an artifact."""
    return Artifact(
        name="comparison of culture quizzes with the rules of the world",
        population=population,
        folder=population.novelty,
        command=suggested("novelty", "--population", population.root, "--save"),
        arrays="nearest.npz",
        verb="is",
    )


def save_nearest(
    population: PopulationFolder,
    *,
    if_stale: bool = False,
    command: str = "",
    say: Callable[[str], None] = print,
) -> Nearest | None:
    """Find what is nearest to the kept quizzes and write it into the population.

    Returns it; None when if_stale and the one that is there is of these quizzes. Errors: CultureError that
    says what to run when none was kept.
    """
    started = time.time()
    tokens = kept_culture(population).quizzes.tokens
    artifact = nearest_artifact(population)
    if if_stale and artifact.is_current(_made_from(tokens)):
        say(f"what is nearest to the culture quizzes of {population.root} is up to date")
        return None
    artifact.check_writable()
    found = find_nearest(tokens)
    artifact.write({**_made_from(tokens), "made_by": provenance(command, started)}, vars(found))
    return found


def stored_nearest(population: PopulationFolder, tokens: Tensor) -> Nearest | None:
    """What was stored for these quizzes (n, 404); None where nothing was, or for other quizzes."""
    artifact = nearest_artifact(population)
    if not artifact.is_current(_made_from(tokens)):
        return None
    arrays = artifact.open()[1]
    return Nearest(*(arrays[name] for name in ("distances", "guess", "guess_p", "unusual")))


def _made_from(tokens: Tensor) -> dict[str, Any]:
    return {"tokens_sha256": hashlib.sha256(tokens.numpy().tobytes()).hexdigest(), "rules": RULES}
