"""Counting concepts where a feature fires, at a few thresholds: the F1 of every concept, nearly exactly."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.features.concepts.registry import PackedConcepts
from culture_core.features.grading.scores import Firing, f1_score
from culture_core.features.grading.truth import Truth

N_LEVELS = 16


@dataclass(frozen=True)
class Screening:
    """One feature at a few thresholds in one half of the quizzes.

    fires (levels,): tokens at or above each threshold; right (levels, c): of those, where each concept holds.
    """

    fires: NDArray[np.int64]
    right: NDArray[np.int64]


def quantile_thresholds(firing: Firing, n_levels: int = N_LEVELS) -> NDArray[np.float32]:
    """(n_levels,) 0, where a feature fires at all, and even quantiles of its activations, increasing."""
    thresholds = np.zeros(n_levels, dtype=np.float32)
    thresholds[1:] = np.quantile(firing.value, np.arange(1, n_levels) / n_levels, method="lower")
    return thresholds


def screen(firing: Firing, thresholds: NDArray[np.floating], concepts: PackedConcepts) -> Screening:
    """Count concepts where a feature fires at or above each of some increasing thresholds."""
    fires = firing.count_from(thresholds)
    right = sum_from_thresholds(fires, lambda rows: concepts.count(firing.token[rows]))
    return Screening(fires, right)


def sum_from_thresholds(fires: NDArray[np.int64], total: Callable[[slice], NDArray[Any]]) -> NDArray[Any]:
    """For each threshold the sum of total(slice) over the tokens at or above it.

    fires (levels,): how many of the tokens, strongest first, are at or above each threshold. total: what
    some of those tokens add up to.
    """
    bounds = np.append(fires, 0)
    parts = [total(slice(stop, start)) for start, stop in pairwise(bounds)]
    return np.cumsum(np.stack(parts[::-1]), axis=0)[::-1]


def screened_f1(screening: Screening, truth: Truth) -> NDArray[np.float64]:
    """(levels, c) F1 on the first half of the quizzes; 0 for concepts that are not gradable."""
    return f1_score(screening.right, screening.fires[:, None], truth.fit.holds) * truth.gradable


def screened_scores(
    fit: Screening, held_out: Screening, truth: Truth
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(c,) the best F1 of each concept among the thresholds on the first half, and the F1 at that threshold
    on the second half; 0 for concepts that are not gradable."""
    fit_f1 = screened_f1(fit, truth)
    level, concept = fit_f1.argmax(0), np.arange(fit_f1.shape[1])
    f1 = f1_score(held_out.right[level, concept], held_out.fires[level], truth.held_out.holds)
    return fit_f1[level, concept], f1 * truth.gradable
