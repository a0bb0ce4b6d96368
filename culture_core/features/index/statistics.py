"""Running statistics of every feature at once, from the sparse activations of one part after another."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from culture_core.features.index.parts import TOKENS_READ, Part
from culture_core.features.index.quiz_set import QuizSet
from culture_core.world.vocabulary import N_TOKENS, QUIZ_LENGTH, STRUCTURE_NAMES

N_BINS = 48
N_LINEAR_BINS = 32
# bins are even in log2 of the activation, so that one pass needs no knowledge of the maximum
LOG2_LOW, LOG2_HIGH = -8.0, 8.0


def bin_edges() -> NDArray[np.float64]:
    """(N_BINS + 1,) edges of the activation histogram, in the units of the activations; the outer bins take
    what lies beyond."""
    return np.exp2(np.linspace(LOG2_LOW, LOG2_HIGH, N_BINS + 1))


def bin_of(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Histogram bin of every positive activation."""
    scaled = (np.log2(values.astype(np.float64)) - LOG2_LOW) * (N_BINS / (LOG2_HIGH - LOG2_LOW))
    return np.clip(np.floor(scaled), 0, N_BINS - 1).astype(np.int64)


def linear_histogram(parts: Iterable[Part], highest: NDArray[np.float32]) -> NDArray[np.int64]:
    """(f, N_LINEAR_BINS) activations in equal bins from 0 to each feature's maximum, highest (f,)."""
    n_features = len(highest)
    counts = np.zeros(n_features * N_LINEAR_BINS, dtype=np.int64)
    for part in parts:
        share = part.token_value / highest[part.feature]
        place = np.minimum((share * N_LINEAR_BINS).astype(np.int64), N_LINEAR_BINS - 1)
        counts += np.bincount(part.feature * np.int64(N_LINEAR_BINS) + place, minlength=len(counts))
    return counts.reshape(n_features, N_LINEAR_BINS)


class Totals:
    """Counts and sums of f features in each of g groups of tokens.

    fires (f, g) int64; total (f, g) float64, sum of activations; tokens (g,) int64, all tokens of a group,
    firing or not.
    """

    def __init__(self, n_features: int, n_groups: int) -> None:
        self.fires = np.zeros((n_features, n_groups), dtype=np.int64)
        self.total = np.zeros((n_features, n_groups))
        self.tokens = np.zeros(n_groups, dtype=np.int64)

    def add(self, feature: NDArray[Any], group: NDArray[Any], sums: "Sums") -> None:
        """Add sums of activations, each of a feature in one group."""
        self._add_to_cells(feature * np.int64(len(self.tokens)) + group, sums)

    def _add_to_cells(self, cell: NDArray[np.int64], sums: "Sums") -> None:
        _add_counts(self.fires, cell, sums.fires)
        _add_counts(self.total, cell, sums.total)


class Moments(Totals):
    """Totals with squares (f, g) float64, sum of the squares of activations, and max (f, g) float32."""

    def __init__(self, n_features: int, n_groups: int) -> None:
        super().__init__(n_features, n_groups)
        self.squares = np.zeros((n_features, n_groups))
        self.max = np.zeros((n_features, n_groups), dtype=np.float32)

    def _add_to_cells(self, cell: NDArray[np.int64], sums: "Sums") -> None:
        super()._add_to_cells(cell, sums)
        _add_counts(self.squares, cell, sums.squares)
        np.maximum.at(self.max.ravel(), cell, sums.max)

    def over_groups(self) -> "Moments":
        """The same over all tokens: one group."""
        whole = Moments(len(self.fires), 1)
        whole.tokens[:] = self.tokens.sum()
        whole.fires[:] = self.fires.sum(1, keepdims=True)
        whole.total[:] = self.total.sum(1, keepdims=True)
        whole.squares[:] = self.squares.sum(1, keepdims=True)
        whole.max[:] = self.max.max(1, keepdims=True)
        return whole


class Sums(NamedTuple):
    """Activations above 0, each alone or several added up: how many (None: one each), their sum, that of
    their squares, and their maximum, (m,) each."""

    fires: NDArray[np.int64] | None
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    max: NDArray[np.float32]


@dataclass(frozen=True)
class FeatureStatistics:
    """What all features do, over all tokens read and by group of tokens.

    by: moments by "task", "structure" and "token" (15: the eleven colours of a cell, then the four markers).
    by_position: totals by position (404). histogram (f, N_BINS) int64 and histogram_by_task (f, n_tasks,
    N_BINS) int64 of the activations.
    """

    quiz_set: QuizSet
    n_features: int
    by: dict[str, Moments] = field(init=False)
    by_position: Totals = field(init=False)
    histogram_by_task: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        n_tasks = len(self.quiz_set.tasks)
        sizes = {"task": n_tasks, "structure": len(STRUCTURE_NAMES), "token": N_TOKENS}
        by = {name: Moments(self.n_features, size) for name, size in sizes.items()}
        object.__setattr__(self, "by", by)
        object.__setattr__(self, "by_position", Totals(self.n_features, QUIZ_LENGTH))
        histogram = np.zeros((self.n_features, n_tasks, N_BINS), dtype=np.int64)
        object.__setattr__(self, "histogram_by_task", histogram)

    @property
    def histogram(self) -> NDArray[np.int64]:
        return self.histogram_by_task.sum(1)

    @property
    def totals(self) -> dict[str, Totals]:
        """By every group of tokens."""
        return {**self.by, "position": self.by_position}

    @cached_property
    def overall(self) -> Moments:
        """Over all tokens; asked for when all parts have been added."""
        return self.by["task"].over_groups()

    def add(self, part: Part) -> None:
        """Add one part. Sums run over features, then tokens, so they do not depend on who made the part."""
        feature = np.repeat(np.arange(self.n_features), np.diff(part.indptr))
        token = part.token - part.first * QUIZ_LENGTH
        wide = part.value.astype(np.float64)
        each = Sums(None, wide, wide * wide, part.value)
        by_quiz, starts = _add_up(feature, token // QUIZ_LENGTH, each)
        groups = self._groups(part)
        read = np.arange(part.n * QUIZ_LENGTH) % QUIZ_LENGTH < TOKENS_READ
        for name, totals in self.totals.items():
            group = groups[name]
            # the task and the structure are the same in all of a quiz
            entries, sums = (starts, by_quiz) if name in ("task", "structure") else (slice(None), each)
            totals.add(feature[entries], group[token[entries]], sums)
            _add_counts(totals.tokens, group[read], None)
        cell = (feature * len(self.quiz_set.tasks) + groups["task"][token]) * N_BINS + bin_of(part.value)
        _add_counts(self.histogram_by_task, cell, None)

    def _groups(self, part: Part) -> dict[str, NDArray[np.int64]]:
        """The group of every token of a part, (n x 404,), for each way of grouping."""
        quizzes = self.quiz_set.piece(part.first, part.n)
        task = quizzes.index.numpy() % len(self.quiz_set.tasks)
        return {
            "task": np.repeat(task, QUIZ_LENGTH),
            "structure": np.repeat(quizzes.structure.numpy().astype(np.int64), QUIZ_LENGTH),
            "position": np.tile(np.arange(QUIZ_LENGTH), len(quizzes)),
            "token": quizzes.tokens.numpy().astype(np.int64).ravel(),
        }


def _add_counts(sums: NDArray[Any], cell: NDArray[Any], weights: NDArray[Any] | None) -> None:
    """Add weights (None: 1 each) to the flat cells of an array, in place."""
    added = np.bincount(cell, weights=weights, minlength=sums.size)
    sums += added.astype(sums.dtype, copy=False).reshape(sums.shape)


def _add_up(feature: NDArray[Any], quiz: NDArray[Any], each: Sums) -> tuple[Sums, NDArray[np.int64]]:
    """Add up the activations of each (feature, quiz), which are adjacent; also where they begin."""
    new = np.diff(quiz, prepend=-1).astype(bool) | np.diff(feature, prepend=-1).astype(bool)
    starts = np.flatnonzero(new)
    if len(starts) == 0:
        return each, starts
    count = np.diff(starts, append=len(quiz))
    total, squares = (np.add.reduceat(values, starts) for values in (each.total, each.squares))
    return Sums(count, total, squares, np.maximum.reduceat(each.max, starts)), starts
