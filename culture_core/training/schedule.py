"""The rate over a run: warm-up, a stable phase of any length, and a decay that starts only at its end.

Because the stable phase knows no end, a run can be prolonged from its last stable checkpoint.
Source: S. Hu et al. 2024, "MiniCPM" (warm-up, stable, decay).
"""

import re
from dataclasses import dataclass

from culture_core.errors import CultureError
from culture_core.training.recipes import Recipe

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Budget:
    """How long a run may take: seconds of the whole run, or quizzes for each GPT (one of the two is None)."""

    seconds: float | None = None
    quizzes: int | None = None


@dataclass(frozen=True)
class Decay:
    """Where the rate falls to zero: from `first` quizzes seen to `last`."""

    first: int
    last: int


def parse_budget(text: str) -> Budget:
    """Read "2h", "90m", "300000" or "300000-quizzes". Errors: CultureError for anything else."""
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text):
        return Budget(seconds=float(match[1]) * SECONDS[match[2]])
    if match := re.fullmatch(r"(\d[\d_,]*)(?:[- ]?quizzes)?", text):
        quizzes = int(re.sub("[_,]", "", match[1]))
        if quizzes > 0:
            return Budget(quizzes=quizzes)
    raise CultureError(f"{text!r} is not a budget: give a time (90m, 8h) or quizzes per GPT (300000-quizzes)")


def planned_decay(budget: Budget, recipe: Recipe, seen: int, elapsed: float) -> Decay | None:
    """Where the decay starts, once known: immediately for a budget of quizzes, late for one of seconds.

    seen: quizzes of the GPT that has seen most. elapsed: seconds the run has taken so far.
    """
    stable_share = 1 - recipe.decay_share
    if budget.quizzes is not None:
        return Decay(
            _whole_batches(budget.quizzes * stable_share, recipe), _whole_batches(budget.quizzes, recipe)
        )
    assert budget.seconds is not None
    if elapsed < budget.seconds * stable_share:
        return None
    return Decay(seen, _whole_batches(seen / stable_share, recipe))


def rate_at(seen: int, recipe: Recipe, decay: Decay | None) -> float:
    """The share (0 to 1) of the full rate at the step after `seen` quizzes."""
    rate = min(1.0, (seen + recipe.batch_size) / recipe.warmup) if recipe.warmup else 1.0
    if decay is None or seen < decay.first or decay.first == decay.last:
        return rate
    return rate * max(0.0, (decay.last - seen) / (decay.last - decay.first))


def _whole_batches(quizzes: float, recipe: Recipe) -> int:
    return max(1, round(quizzes / recipe.batch_size)) * recipe.batch_size
