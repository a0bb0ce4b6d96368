"""Pairs (X, f(X)) as tables: how many cells of every rectangle are not of a colour, before and after f."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from culture_core.world.rectangles import RectangleTable, rectangle_table
from culture_core.world.structures import canonical_grids, structure_of
from culture_core.world.vocabulary import N_COLOURS

N_PAIRS = 2


@dataclass(frozen=True)
class Pairs:
    """The 2n pairs of n quizzes: a quiz's (A, f_A), then its (B, f_B).

    x, f: (2n, 100) uint8.
    """

    x: Tensor
    f: Tensor

    @classmethod
    def of(cls, tokens: Tensor) -> "Pairs":
        """tokens: (n, 404) in any structure."""
        grids = canonical_grids(tokens, structure_of(tokens)).unflatten(1, (N_PAIRS, 2)).flatten(0, 1)
        return cls(grids[:, 0], grids[:, 1])

    @property
    def table(self) -> RectangleTable:
        return rectangle_table(self.x.device)

    @cached_property
    def changed(self) -> Tensor:
        """(2n, 1, 100) float32: 1 where f changes a cell."""
        return (self.x != self.f).float()[:, None]

    @cached_property
    def n_changed(self) -> Tensor:
        """(2n,) float32."""
        return self.changed.sum((1, 2))

    def x_not(self, masks: Tensor) -> Tensor:
        """Cells of each mask (r, 100) that are not of each colour 1..10 in X: (2n, 10, r)."""
        return self._x_not[:, 1:] @ masks.float().T

    def f_not(self, masks: Tensor) -> Tensor:
        """The same in f(X)."""
        return self._f_not[:, 1:] @ masks.float().T

    def x_painted(self, masks: Tensor) -> Tensor:
        """Cells of each mask that are not background in X: (2n, 1, r)."""
        return self._x_not[:, :1] @ masks.float().T

    def f_painted(self, masks: Tensor) -> Tensor:
        """The same in f(X)."""
        return self._f_not[:, :1] @ masks.float().T

    def changes(self, masks: Tensor) -> Tensor:
        """Cells of each mask that f changes: (2n, 1, r)."""
        return self.changed @ masks.float().T

    @cached_property
    def _x_not(self) -> Tensor:
        return _not_of_colour(self.x)

    @cached_property
    def _f_not(self) -> Tensor:
        return _not_of_colour(self.f)


def _not_of_colour(grids: Tensor) -> Tensor:
    """(m, 100) to (m, 11 colours, 100) float32."""
    colours = torch.arange(N_COLOURS, device=grids.device, dtype=grids.dtype)
    return (grids[:, None] != colours[:, None]).float()


def cheapest(first: Tensor, second: Tensor) -> Tensor:
    """Over all rectangles the least sum of a cost that depends on one colour and one that depends on another.

    first, second: (m, 10, r). Returns (m, 10, 10); infinite where the two colours are the same.
    """
    least = torch.stack([(one[:, None] + second).amin(2) for one in first.unbind(1)], dim=1)
    least.diagonal(dim1=1, dim2=2).fill_(torch.inf)
    return least


def both_pairs(costs: Tensor) -> Tensor:
    """Costs (2n, ...) of pairs as those of quizzes (n, ...)."""
    return costs.unflatten(0, (-1, N_PAIRS)).sum(1)
