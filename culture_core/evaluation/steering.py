"""Accuracy of a GPT with and without an intervention, on the same quizzes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.evaluation.scoring import QuizScores, join_scores, score_last_grid
from culture_core.intervals import paired_interval, wilson_interval
from culture_core.models.mygpt import MyGPT
from culture_core.models.steering import Halfway, Replacement, halfway
from culture_core.world.vocabulary import LAST_GRID

BATCH_SIZE = 25


@dataclass(frozen=True)
class Bench:
    """Quizzes read by a GPT up to a hook point, to be scored under many interventions.

    readings: a batch each. truth: (n, 100) the right last grids. intact: scores without an intervention.
    """

    readings: tuple[Halfway, ...]
    truth: Tensor
    intact: QuizScores

    def under(self, replace: Replacement) -> QuizScores:
        """Scores with the value at the hook point replaced."""
        return _score(self.readings, self.truth, replace)


def prepare_bench(model: MyGPT, hook: str, tokens: Tensor, *, batch_size: int = BATCH_SIZE) -> Bench:
    """Read quizzes (n, 404) up to a hook point and score them.

    Errors: CultureError when a MyGPT has no such hook point.
    """
    with torch.inference_mode():
        readings = tuple(halfway(model, hook, batch) for batch in tokens.split(batch_size))
    truth = tokens[:, LAST_GRID]
    return Bench(readings, truth, _score(readings, truth))


@torch.inference_mode()
def _score(readings: tuple[Halfway, ...], truth: Tensor, replace: Replacement | None = None) -> QuizScores:
    truths = truth.split(len(readings[0].x))
    return join_scores(
        score_last_grid(reading.logits(replace)[:, LAST_GRID], right)
        for reading, right in zip(readings, truths, strict=True)
    )


@dataclass(frozen=True)
class AccuracyChange:
    """Whole grids right before and after an intervention, on the same n quizzes.

    before, after: shares; change: their difference; the intervals are at 95%, that of the change for paired
    quizzes. gained, lost: quizzes that became right, or wrong. loss_change: of the last grid, nats per cell.
    """

    quizzes: int
    before: float
    before_interval: tuple[float, float]
    after: float
    after_interval: tuple[float, float]
    change: float
    change_interval: tuple[float, float]
    gained: int
    lost: int
    loss_change: float


def accuracy_change(before: QuizScores, after: QuizScores) -> AccuracyChange:
    """Compare two scores of the same quizzes."""
    n, hits, hits_after = len(before.correct), int(before.correct.sum()), int(after.correct.sum())
    gained = int((after.correct & ~before.correct).sum())
    lost = int((before.correct & ~after.correct).sum())
    return AccuracyChange(
        quizzes=n,
        before=hits / max(1, n),
        before_interval=wilson_interval(hits, n),
        after=hits_after / max(1, n),
        after_interval=wilson_interval(hits_after, n),
        change=(hits_after - hits) / max(1, n),
        change_interval=paired_interval(gained, lost, n),
        gained=gained,
        lost=lost,
        loss_change=float(after.loss.double().mean() - before.loss.double().mean()),
    )
