"""Running statistics of every feature at once, from the sparse activations of one batch after another."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

N_BINS = 48
# bins are even in log2 of the activation, so that one pass needs no knowledge of the maximum
LOG2_LOW, LOG2_HIGH = -8.0, 8.0


def bin_edges() -> np.ndarray:
    """(N_BINS + 1,) edges of the activation histogram, in the units of the activations; the outer bins take
    what lies beyond."""
    return np.exp2(np.linspace(LOG2_LOW, LOG2_HIGH, N_BINS + 1))


def bin_of(values: Tensor) -> Tensor:
    """Histogram bin of every positive activation, int64."""
    scaled = (values.double().log2() - LOG2_LOW) * (N_BINS / (LOG2_HIGH - LOG2_LOW))
    return scaled.floor().long().clamp_(0, N_BINS - 1)


@dataclass
class FeatureStatistics:
    """Counts and moments of f features over the tokens seen so far.

    fires (f,) int64; total, squares (f,) float64; max (f,) float32; histogram (f, N_BINS) int64; by_task (f,
    n_tasks) int64 fires in quizzes of each task; tokens_by_task (n_tasks,) int64.
    """

    fires: Tensor
    total: Tensor
    squares: Tensor
    max: Tensor
    histogram: Tensor
    by_task: Tensor
    tokens_by_task: Tensor

    @classmethod
    def empty(cls, n_features: int, n_tasks: int) -> "FeatureStatistics":
        return cls(
            fires=torch.zeros(n_features, dtype=torch.int64),
            total=torch.zeros(n_features, dtype=torch.float64),
            squares=torch.zeros(n_features, dtype=torch.float64),
            max=torch.zeros(n_features),
            histogram=torch.zeros(n_features, N_BINS, dtype=torch.int64),
            by_task=torch.zeros(n_features, n_tasks, dtype=torch.int64),
            tokens_by_task=torch.zeros(n_tasks, dtype=torch.int64),
        )

    def add(self, feature: Tensor, value: Tensor, entry_task: Tensor, token_task: Tensor) -> None:
        """Add one batch.

        feature, value, entry_task: (nnz,) the feature, activation (> 0) and task of every non-zero.
        token_task: (n_tokens,) the task of every token, firing or not.
        """
        n_features, n_tasks = self.by_task.shape
        wide = value.double()
        self.fires += torch.bincount(feature, minlength=n_features)
        self.total += torch.bincount(feature, weights=wide, minlength=n_features)
        self.squares += torch.bincount(feature, weights=wide.square(), minlength=n_features)
        self.max.scatter_reduce_(0, feature, value, "amax")
        self.histogram += _count_pairs(feature, bin_of(value), n_features, N_BINS)
        self.by_task += _count_pairs(feature, entry_task, n_features, n_tasks)
        self.tokens_by_task += torch.bincount(token_task, minlength=n_tasks)


def _count_pairs(row: Tensor, column: Tensor, n_rows: int, n_columns: int) -> Tensor:
    flat = torch.bincount(row * n_columns + column, minlength=n_rows * n_columns)
    return flat.view(n_rows, n_columns)
