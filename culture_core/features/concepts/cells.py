"""What is known about every token of a batch of quizzes, as arrays (n, 404) from which concepts are computed.

Block: one of the four grids in the order they come, with its marker. Markers have no cell: where an array
is of cells, it is False, 0 or -1 on them. Unless said otherwise colours are those the GPTs read (with noise),
and changes made by f are judged on the quiz before noise.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.features.concepts.boxes import boxes_by_block
from culture_core.world.pairs import partner_blocks
from culture_core.world.quizzes import QuizBatch
from culture_core.world.structures import grid_orders
from culture_core.world.vocabulary import (
    BACKGROUND,
    BLOCK_LENGTH,
    GRID_SIDE,
    LABELS,
    N_COLOURS,
    N_GRIDS,
    QUIZ_LENGTH,
    STRUCTURES,
)

Mask = NDArray[np.bool_]

POSITION = np.arange(QUIZ_LENGTH)
BLOCK = POSITION // BLOCK_LENGTH
IS_CELL = POSITION % BLOCK_LENGTH > 0
CELL = np.where(IS_CELL, POSITION % BLOCK_LENGTH - 1, -1)
ROW = np.where(IS_CELL, CELL // GRID_SIDE, -1)
COLUMN = np.where(IS_CELL, CELL % GRID_SIDE, -1)


def shifted(values: NDArray[Any], by: int) -> NDArray[Any]:
    """The value `by` tokens further back at every token (further ahead if negative), 0 beyond the quiz."""
    out = np.zeros_like(values)
    if by > 0:
        out[:, by:] = values[:, :-by]
    else:
        out[:, :by] = values[:, -by:]
    return out


class QuizCells:
    """n quizzes and the truth about their tokens, each array made when it is first asked for."""

    def __init__(self, batch: QuizBatch) -> None:
        self.tokens = _array(batch.tokens)
        self.clean = _array(batch.clean)
        self.noise: Mask = _array(batch.noise)
        self.task = _array(batch.task)
        self.structure = _array(batch.structure)
        self.rectangles = _array(batch.rectangles)
        self.colours = _array(batch.colours)
        self.params = {name: _array(values) for name, values in batch.params.items()}
        self._order = _array(grid_orders(batch.device))[self.structure]

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self), QUIZ_LENGTH

    def everywhere(self, positions: Mask) -> Mask:
        """A mask of positions (404,), the same in every quiz."""
        return np.broadcast_to(positions, self.shape)

    def in_quizzes(self, quizzes: Mask) -> Mask:
        """All tokens of some quizzes (n,)."""
        return np.broadcast_to(quizzes[:, None], self.shape)

    def in_pairs(self, pairs: Mask) -> Mask:
        """All tokens of some pairs (n, 2), the first (A, f_A), the second (B, f_B)."""
        return np.take_along_axis(pairs, self.grid // 2, axis=1)

    def of_task(self, task: str) -> Mask:
        """Which quizzes are of a task: (n,)."""
        return self.task == LABELS.index(task)

    @cached_property
    def grid(self) -> NDArray[np.int64]:
        """The grid each token belongs to, marker included: 0 = A, 1 = f_A, 2 = B, 3 = f_B."""
        return self._order[:, BLOCK]

    @cached_property
    def answerable(self) -> Mask:
        """Quizzes in which exactly the last grid is predicted: (n,)."""
        return np.array([structure.answerable for structure in STRUCTURES])[self.structure]

    @cached_property
    def predicted(self) -> Mask:
        """Tokens of the grids to be predicted: the last one, or all but the first in f_B, f_A, A, B."""
        return np.where(self.answerable[:, None], BLOCK == N_GRIDS - 1, BLOCK > 0)

    @cached_property
    def pair_block(self) -> NDArray[np.int64]:
        """The block of the other grid of each token's pair (A and f_A, B and f_B)."""
        return _array(partner_blocks(torch.from_numpy(self._order)))[:, BLOCK]

    @cached_property
    def second(self) -> Mask:
        """Cells of the grid of a pair that comes second: what the rule has to make."""
        return (self.pair_block < BLOCK) & IS_CELL

    @cached_property
    def pair_colour(self) -> NDArray[np.uint8]:
        """Colour, before noise, of the same cell in the other grid of the pair; the marker on markers."""
        return np.take_along_axis(
            self.clean, self.pair_block * BLOCK_LENGTH + POSITION % BLOCK_LENGTH, axis=1
        )

    @cached_property
    def changed(self) -> Mask:
        """Cells where the two grids of the pair differ before noise."""
        return (self.clean != self.pair_colour) & IS_CELL

    @cached_property
    def answer_changed(self) -> Mask:
        """Changed cells of the second grid of a pair."""
        return self.changed & self.second

    @cached_property
    def first_changed(self) -> Mask:
        """The first changed cell, in reading order, of the second grid of a pair."""
        return self.answer_changed & (self._count_in_block(self.answer_changed) == 1)

    @cached_property
    def last_changed(self) -> Mask:
        """The last changed cell, in reading order, of the second grid of a pair."""
        in_block = self.answer_changed.reshape(-1, N_GRIDS, BLOCK_LENGTH)
        left = in_block[:, :, ::-1].cumsum(2)[:, :, ::-1].reshape(self.shape)
        return self.answer_changed & (left == 1)

    @cached_property
    def change_has_begun(self) -> Mask:
        """Cells of the second grid of a pair from its first changed cell on."""
        return self.second & (self._count_in_block(self.answer_changed) > 0)

    @cached_property
    def painted(self) -> Mask:
        """Cells that are not background."""
        return (self.tokens != BACKGROUND) & IS_CELL

    @cached_property
    def first_of_colour_in_quiz(self) -> Mask:
        """The first cell of its colour (background left out) in its quiz."""
        return self._first_of_colour(lambda present: present.cumsum(1))

    @cached_property
    def first_of_colour_in_grid(self) -> Mask:
        """The first cell of its colour (background left out) in its grid."""
        return self._first_of_colour(self._count_in_block)

    @cached_property
    def role_colours(self) -> NDArray[np.uint8]:
        """Colour c_k, by role, of the pair each token belongs to: (n, 404, 6), 0 where there is none."""
        return np.take_along_axis(self.colours, (self.grid // 2)[:, :, None], axis=1)

    @cached_property
    def boxes(self) -> NDArray[np.int8]:
        """The rectangle of each role where the grid shows it: (n, 4 blocks, 4 roles, 4) i1, i2, j1, j2, half
        open, -1 where there is none."""
        return boxes_by_block(self.rectangles, self.params, self.task, self._order)

    def box_at(self, role: int) -> NDArray[np.int8]:
        """The rectangle of a role in each token's grid: (n, 404, 4)."""
        return self.boxes[:, BLOCK, role]

    def _count_in_block(self, mask: Mask) -> NDArray[np.int64]:
        """How many tokens of its block up to each token, itself included, are in the mask."""
        return mask.reshape(-1, N_GRIDS, BLOCK_LENGTH).cumsum(2).reshape(self.shape)

    def _first_of_colour(self, count: Callable[[Mask], NDArray[Any]]) -> Mask:
        first = np.zeros(self.shape, dtype=bool)
        for colour in range(1, N_COLOURS):
            present = (self.tokens == colour) & IS_CELL
            first |= present & (count(present) == 1)
        return first


def _array(tensor: Tensor) -> NDArray[Any]:
    return tensor.cpu().numpy()
