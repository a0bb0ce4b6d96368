"""Structures of a quiz: the order of its four grids, read from the markers and changed.

Source: docs/reference/world.md, "Structures".
"""

from functools import lru_cache

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.world.vocabulary import (
    BLOCK_LENGTH,
    FIRST_MARKER,
    GRID_NAMES,
    N_CELLS,
    N_COLOURS,
    N_GRIDS,
    QUIZ_LENGTH,
    STRUCTURE_NAMES,
    STRUCTURES,
)

ANSWERABLE = tuple(s for s, structure in enumerate(STRUCTURES) if structure.answerable)
MIXTURES = {"mixed": tuple(range(len(STRUCTURES))), "answerable": ANSWERABLE}


def structure_index(name: str) -> int:
    """Index of a structure in STRUCTURES.

    Errors: CultureError when there is no such structure.
    """
    if name not in STRUCTURE_NAMES:
        raise CultureError(
            f"unknown structure {name!r}: use one of {'  '.join(STRUCTURE_NAMES)}  mixed  answerable"
        )
    return STRUCTURE_NAMES.index(name)


@lru_cache
def grid_orders(device: torch.device) -> Tensor:
    """The grids (0 = A, 1 = f_A, 2 = B, 3 = f_B) in the order they come, by structure: (5, 4) int64."""
    return torch.tensor([structure.grids for structure in STRUCTURES], device=device)


def blocks(tokens: Tensor) -> Tensor:
    """View quizzes as four blocks of a marker and 100 cells: (n, 404) -> (n, 4, 101).

    Errors: CultureError when the quizzes are not 404 tokens long.
    """
    if tokens.ndim != 2 or tokens.shape[1] != QUIZ_LENGTH:
        raise CultureError(f"a quiz has {QUIZ_LENGTH} tokens, but these have the shape {tuple(tokens.shape)}")
    return tokens.unflatten(1, (N_GRIDS, BLOCK_LENGTH))


def structure_of(tokens: Tensor) -> Tensor:
    """Read the structure of each quiz from its markers: tokens (n, 404) -> (n,) uint8 index into STRUCTURES.

    Errors: CultureError when the markers of a quiz are those of no structure, or a cell is not a colour.
    """
    quiz_blocks = blocks(tokens)
    markers = quiz_blocks[:, :, 0].long() - FIRST_MARKER
    matches = (markers[:, None] == grid_orders(tokens.device)).all(dim=2)
    if not bool(matches.any(dim=1).all()):
        raise CultureError("these tokens are not a quiz: the markers at 0, 101, 202 and 303 fit no structure")
    cells = quiz_blocks[:, :, 1:]
    if not bool(((cells >= 0) & (cells < N_COLOURS)).all()):
        raise CultureError(f"these tokens are not a quiz: a cell is not a colour 0 .. {N_COLOURS - 1}")
    return matches.to(torch.uint8).argmax(dim=1).to(torch.uint8)


def _inverse_orders(structure: Tensor) -> Tensor:
    """Which block holds each grid A, f_A, B, f_B: structure (n,) -> (n, 4) int64."""
    return grid_orders(structure.device).argsort(dim=1)[structure.long()]


def canonical_grids(tokens: Tensor, structure: Tensor) -> Tensor:
    """The grids without markers in the order A, f_A, B, f_B.

    tokens: (n, 404); structure: (n,) index into STRUCTURES. Returns (n, 4, 100).
    """
    positions = _inverse_orders(structure)[:, :, None].expand(-1, -1, N_CELLS)
    return blocks(tokens)[:, :, 1:].gather(1, positions)


def lay_out(grids: Tensor, structure: Tensor) -> Tensor:
    """Put grids in the order of each quiz's structure, behind their markers.

    grids: (n, 4, 100) in the order A, f_A, B, f_B; structure: (n,) index into STRUCTURES.
    Returns tokens (n, 404) of the grids' dtype.
    """
    order = grid_orders(grids.device)[structure.long()]
    quiz_blocks = grids.new_empty((len(grids), N_GRIDS, BLOCK_LENGTH))
    quiz_blocks[:, :, 0] = order + FIRST_MARKER
    first_grid = torch.arange(0, N_GRIDS * len(grids), N_GRIDS, device=grids.device)
    chosen = (order + first_grid[:, None]).flatten()
    quiz_blocks[:, :, 1:] = grids.reshape(-1, N_CELLS).index_select(0, chosen).view_as(grids)
    return quiz_blocks.flatten(1)


def reconfigure(tokens: Tensor, structure: str) -> Tensor:
    """Permute the four blocks of each quiz so that they come in another structure's order.

    tokens: (n, 404), each in any structure. Returns (n, 404).
    Errors: CultureError when the tokens are not quizzes or there is no such structure.
    """
    target = torch.full((len(tokens),), structure_index(structure), device=tokens.device)
    return lay_out(canonical_grids(tokens, structure_of(tokens)), target)


def is_trivial(tokens: Tensor) -> Tensor:
    """Whether A equals f(A) or B equals f(B), cell for cell: tokens (n, 404) -> (n,) bool."""
    a, f_a, b, f_b = canonical_grids(tokens, structure_of(tokens)).unbind(1)
    return (a == f_a).all(dim=1) | (b == f_b).all(dim=1)


def grid_slice(structure: str, grid: str) -> slice:
    """The tokens of one grid's 100 cells in a structure.

    Errors: CultureError when there is no such structure or grid.
    """
    if grid not in GRID_NAMES:
        raise CultureError(f"unknown grid {grid!r}: use one of {' '.join(GRID_NAMES)}")
    block = STRUCTURES[structure_index(structure)].grids.index(GRID_NAMES.index(grid))
    first_cell = block * BLOCK_LENGTH + 1
    return slice(first_cell, first_cell + N_CELLS)
