"""How often two GPTs give the same answer, right or wrong, compared with chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from culture_core.comparison.pairs import symmetric
from culture_core.evaluation.scoring import score_quizzes
from culture_core.models.generation import generate
from culture_core.models.mygpt import MyGPT
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import LAST_GRID

RIGHT_CELL = 255


@dataclass(frozen=True)
class Answers:
    """Greedy answers of m GPTs to n quizzes: given (m, n, 100) uint8; truth (n, 100); task (n,)."""

    given: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    task: NDArray[np.uint8]

    @property
    def right(self) -> NDArray[np.bool_]:
        """(m, n) whether the whole grid is right."""
        return (self.given == self.truth).all(2)


def answers_of(models: Sequence[MyGPT], quizzes: QuizBatch, *, progress: str | None = None) -> Answers:
    """Every GPT's greedy answer to the last grid.

    One forward pass tells which answers are right; only the others have to be generated.
    """
    given = np.stack([_answers(model, quizzes.tokens, progress) for model in models])
    return Answers(given, quizzes.tokens[:, LAST_GRID].numpy(), quizzes.task.numpy())


def _answers(model: MyGPT, tokens: torch.Tensor, progress: str | None) -> NDArray[np.uint8]:
    label = None if progress is None else f"{progress}, GPT {model.id}"
    answers = tokens[:, LAST_GRID].clone()
    wrong = ~score_quizzes(model, tokens, progress=label).correct
    if wrong.any():
        answers[wrong] = generate(model, tokens[wrong])[1][:, LAST_GRID]
    return answers.numpy().astype(np.uint8)


def agreement(answers: Answers) -> dict[str, NDArray[np.float64]]:
    """What every two GPTs have in common, symmetric (m, m) each; NaN where a share has no quizzes.

    same: share of quizzes with the same answer. same_by_chance: share that both get right if, within each
    task, being right is independent. same_excess: the first above the second. both_wrong: share of quizzes.
    same_wrong: share of these with the same wrong answer. same_wrong_by_chance: share with the same wrong
    cells in the same wrong colours when the answers of one are taken from other quizzes of the task that both
    get wrong.
    """
    right = answers.right
    same = (answers.given[:, None] == answers.given[None]).all(3)
    both_wrong = ~right[:, None] & ~right[None]
    n_wrong = both_wrong.sum(2)
    with np.errstate(invalid="ignore"):
        same_wrong = (same & both_wrong).sum(2) / n_wrong
    both_by_chance = _both_right_by_chance(right, answers.task)
    return {
        "same": same.mean(2),
        "same_by_chance": both_by_chance,
        "same_excess": same.mean(2) - both_by_chance,
        "both_wrong": both_wrong.mean(2),
        "same_wrong": same_wrong,
        "same_wrong_by_chance": symmetric(_same_wrong_by_chance(answers)),
    }


def _both_right_by_chance(right: NDArray[np.bool_], task: NDArray[np.uint8]) -> NDArray[np.float64]:
    both = np.zeros((len(right), len(right)))
    for one in np.unique(task):
        accuracy = right[:, task == one].mean(1)
        both += (task == one).mean() * np.outer(accuracy, accuracy)
    return both


def _same_wrong_by_chance(answers: Answers) -> NDArray[np.float64]:
    m = len(answers.given)
    mistakes = np.where(answers.given == answers.truth, RIGHT_CELL, answers.given).astype(np.uint8)
    kind = np.unique(mistakes.reshape(-1, mistakes.shape[2]), axis=0, return_inverse=True)[1].reshape(m, -1)
    chance = np.full((m, m), np.nan)
    for a in range(m):
        for b in range(m):
            both_wrong = ~answers.right[a] & ~answers.right[b]
            chance[a, b] = _same_elsewhere(kind[a, both_wrong], kind[b, both_wrong], answers.task[both_wrong])
    return chance


def _same_elsewhere(a: NDArray[np.int64], b: NDArray[np.int64], task: NDArray[np.uint8]) -> float:
    """Share of the ordered pairs of different quizzes of one task in which a's kind of mistake in the first
    is b's in the second; NaN when there is no such pair."""
    other = (task[:, None] == task) & ~np.eye(len(task), dtype=bool)
    return float((a[:, None] == b)[other].mean()) if other.any() else float("nan")
