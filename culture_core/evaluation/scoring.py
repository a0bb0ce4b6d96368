"""Scores of a model on quizzes, from one forward pass on the true prefix.

Greedy generation is right on a whole grid exactly when every argmax on the true prefix is right; sampling at
temperature 1 is right with the product of the probabilities of the right cells. Source:
docs/reference/facts.md, "Evaluation".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from tqdm import tqdm

from culture_core.models.mygpt import MyGPT, shift_right
from culture_core.models.protocols import LogitModel
from culture_core.world.vocabulary import LAST_GRID

BATCH_SIZE = 50


@dataclass(frozen=True)
class QuizScores:
    """The scores of one model on n quizzes.

    loss: (n,) float32, mean cross-entropy over the last grid, in nats per cell.
    predicted: (n, 100) uint8, the argmax of every cell of the last grid on the true prefix.
    correct: (n,) bool, the whole predicted grid is right.
    cell_probability: (n, 100) float32, probability of the right value of every cell.
    """

    loss: Tensor
    predicted: Tensor
    correct: Tensor
    cell_probability: Tensor

    @property
    def probability(self) -> Tensor:
        """(n,) float32: probability that sampling at temperature 1 gets the whole grid right."""
        return self.cell_probability.double().log().sum(1).exp().float()


LogitsFunction = Callable[[Tensor], Tensor]


def logits_function(model: LogitModel) -> LogitsFunction:
    """A function from tokens (n, 404) to logits (n, 404, 15) where logit t predicts token t, for either kind
    of model."""
    if isinstance(model, MyGPT):
        return model
    device = next(model.parameters()).device
    return lambda tokens: model(shift_right(tokens.to(device, torch.long)))


@torch.inference_mode()
def score_quizzes(
    logits_of: LogitsFunction,
    tokens: Tensor,
    *,
    truth: Tensor | None = None,
    batch_size: int = BATCH_SIZE,
    progress: str | None = None,
) -> QuizScores:
    """Score the last grid of every quiz.

    logits_of: tokens (n, 404) -> logits (n, 404, 15), see `logits_function`.
    tokens: (n, 404) int, with prompt noise if any. truth: (n, 100) the right last grid (default: from
    tokens).
    progress: label of a progress bar, or None for none.
    """
    truth = tokens[:, LAST_GRID] if truth is None else truth
    starts = range(0, len(tokens), batch_size)
    if progress is not None:
        starts = tqdm(starts, desc=progress, unit="batch", leave=False)
    return join_scores(
        score_last_grid(logits_of(tokens[i : i + batch_size])[:, LAST_GRID], truth[i : i + batch_size])
        for i in starts
    )


def score_last_grid(logits: Tensor, truth: Tensor) -> QuizScores:
    """Scores, on the CPU, from the logits (n, 100, 15) of the last grid's cells, wherever those are; truth:
    (n, 100) the right ones."""
    truth = truth.to(logits.device)
    log_probability = logits.float().log_softmax(-1)
    right = log_probability.gather(-1, truth.long().unsqueeze(-1)).squeeze(-1)
    predicted = logits.argmax(-1).to(torch.uint8)
    scores = (-right.mean(1), predicted, (predicted == truth).all(1), right.exp())
    return QuizScores(*(score.cpu() for score in scores))


def join_scores(parts: Iterable[QuizScores]) -> QuizScores:
    """The scores of several batches as those of one."""
    columns = zip(*([getattr(part, f.name) for f in fields(QuizScores)] for part in parts), strict=True)
    return QuizScores(*(torch.cat(column) for column in columns))
