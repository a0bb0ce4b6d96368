"""Where a head looks: its attention by a few named targets, for the queries that predict the last grid.

Every input that a query can see belongs to one target, so that the shares sum to 1. In all four structures
that ask for one grid the third grid goes with the last one, and the first and second are the example pair.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.world.vocabulary import BLOCK_LENGTH, GRID_SIDE, LAST_GRID, N_CELLS, N_GRIDS, QUIZ_LENGTH

# names, and the same within a sentence; "it" is the cell in the place of the one that is predicted
TARGETS = {
    "same cell, third grid": "the same cell of the third grid",
    "below it, third grid": "the cells just below it in the third grid",
    "beside or above it, third grid": "the cells beside or above it in the third grid",
    "rest of the third grid": "the rest of the third grid",
    "same cell, second grid": "the same cell of the second grid",
    "rest of the second grid": "the rest of the second grid",
    "same cell, first grid": "the same cell of the first grid",
    "rest of the first grid": "the rest of the first grid",
    "the token just read": "the token just read",
    "the token before it": "the token before the one just read",
    "the cell above": "the cell above",
    "rest of the last grid": "the rest of the last grid",
    "markers": "the markers",
    "the 0 in front": "the 0 in front",
}
UNSEEN = -1
_NUMBERS = {name: number for number, name in enumerate(TARGETS)}
_RESTS = (
    "rest of the first grid",
    "rest of the second grid",
    "rest of the third grid",
    "rest of the last grid",
)
_SAMES = ("same cell, first grid", "same cell, second grid", "same cell, third grid")
_THIRD, _LAST = N_GRIDS - 2, N_GRIDS - 1


def targets_of_inputs() -> NDArray[np.int64]:
    """The target of every input (404) of every query of the last grid (100), as its place in TARGETS; UNSEEN
    for inputs after the query. Input 0 is the 0 in front, input i is token i - 1."""
    queries, inputs = np.arange(LAST_GRID.start, LAST_GRID.stop)[:, None], np.arange(QUIZ_LENGTH)[None]
    tokens = inputs - 1
    grid, place = np.divmod(tokens, BLOCK_LENGTH)
    query_row, query_column = np.divmod(np.arange(N_CELLS)[:, None], GRID_SIDE)
    row, column = np.divmod(place - 1, GRID_SIDE)
    below, beside = row - query_row, np.abs(column - query_column)
    conditions = {
        "the 0 in front": inputs == 0,
        "the token just read": tokens == queries - 1,
        "the token before it": tokens == queries - 2,
        "markers": place == 0,
        **{name: (grid == g) & (below == 0) & (beside == 0) for g, name in enumerate(_SAMES)},
        "below it, third grid": (grid == _THIRD) & (below == 1) & (beside <= 1),
        "beside or above it, third grid": (grid == _THIRD) & (np.abs(below) <= 1) & (beside <= 1),
        "the cell above": (grid == _LAST) & (below == -1) & (beside == 0),
        **{name: grid == g for g, name in enumerate(_RESTS)},
    }
    shape = (N_CELLS, QUIZ_LENGTH)
    masks = [np.broadcast_to(mask, shape) for mask in (inputs > queries, *conditions.values())]
    return np.select(masks, [UNSEEN, *(_NUMBERS[name] for name in conditions)])


def attention_by_target(rows: Tensor) -> Tensor:
    """Attention (n, h, 100, 404) of the last grid's queries by target: (n, h, targets), averaged over
    queries."""
    targets = torch.from_numpy(targets_of_inputs()).to(rows.device).flatten()
    seen = targets != UNSEEN
    shares = rows.new_zeros(*rows.shape[:2], len(TARGETS))
    return shares.index_add(2, targets[seen], rows.flatten(2)[:, :, seen]) / rows.shape[2]
