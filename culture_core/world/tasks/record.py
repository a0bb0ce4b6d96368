"""What a task makes: the grids of a batch of quizzes and the truth about them."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from culture_core.world.vocabulary import N_CELLS, N_GRIDS


@dataclass(frozen=True)
class TaskQuizzes:
    """n quizzes of one task, without markers, in the order A, f_A, B, f_B.

    grids: (n, 4, 100) uint8.
    rectangles: (n, 2 pairs, roles, 4) i1, i2, j1, j2, half open; what a role is depends on the task, a single
    cell is a 1 x 1 rectangle.
    colours: (n, 2 pairs, roles) uint8.
    params: rule parameters by name, (n,) each.
    """

    grids: Tensor
    rectangles: Tensor
    colours: Tensor
    params: dict[str, Tensor] = field(default_factory=dict)


def of_pairs(
    x: Tensor, f_x: Tensor, rectangles: Tensor, colours: Tensor, params: dict[str, Tensor] | None = None
) -> TaskQuizzes:
    """Join pairs into quizzes. All but `params` have 2n rows: a quiz's (A, f_A) and then its (B, f_B).

    x, f_x: (2n, 100) uint8; rectangles: (2n, roles, 4); colours: (2n, roles); params: (n,) each.
    """
    grids = torch.stack((x, f_x), dim=1).view(-1, N_GRIDS, N_CELLS)
    return TaskQuizzes(
        grids, rectangles.unflatten(0, (-1, 2)), colours.unflatten(0, (-1, 2)), params if params else {}
    )


def for_both_pairs(values: Tensor) -> Tensor:
    """Repeat each quiz's row for its two pairs: (n, ...) -> (2n, ...)."""
    return values[:, None].expand(-1, 2, *values.shape[1:]).flatten(0, 1)
