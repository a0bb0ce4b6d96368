"""Sums over tokens of the states of several GPTs, gathered batch by batch: no states are kept."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class StateMoments:
    """Products and totals of the states of s GPTs of width d over the same tokens, in float64.

    products: (s d, s d) sums of outer products. shuffled: the same, columns from other quizzes at the same
    positions. total: (s d,) sums; count: tokens.
    """

    def __init__(self, n_models: int, d: int, device: str = "cpu") -> None:
        width = n_models * d
        self.n_models, self.d, self.count = n_models, d, 0
        self.products = torch.zeros(width, width, dtype=torch.float64, device=device)
        self.shuffled = torch.zeros(width, width, dtype=torch.float64, device=device)
        self.total = torch.zeros(width, dtype=torch.float64, device=device)

    def add(self, states: Tensor, shuffled: Tensor | NDArray[np.int64]) -> Tensor:
        """Add states (s, quizzes, positions, d) over the same quizzes; shuffled: (quizzes,) a permutation.

        Returns them side by side, (quizzes, positions, s d).
        """
        side_by_side = states.double().permute(1, 2, 0, 3).flatten(2)
        rows = side_by_side.flatten(0, 1)
        self.products += rows.T @ rows
        self.shuffled += rows.T @ side_by_side[shuffled].flatten(0, 1)
        self.total += rows.sum(0)
        self.count += len(rows)
        return side_by_side

    def mean(self, a: int) -> Tensor:
        """(d,) the mean state of GPT number a."""
        return self.total[self._columns(a)] / self.count

    def covariance(self, a: int, b: int, *, shuffled: bool = False) -> Tensor:
        """(d, d) the covariance of the states of a with those of b, of other quizzes if shuffled, times the
        count."""
        products = self.shuffled if shuffled else self.products
        block = products[self._columns(a), self._columns(b)]
        return block - self.count * torch.outer(self.mean(a), self.mean(b))

    def _columns(self, a: int) -> slice:
        return slice(a * self.d, (a + 1) * self.d)
