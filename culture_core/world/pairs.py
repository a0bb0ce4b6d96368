"""The pairs of a quiz, (A, f(A)) and (B, f(B)): which grid goes with which, where the rule first shows."""

import torch
from torch import Tensor

from culture_core.world.vocabulary import BLOCK_LENGTH, FIRST_MARKER, LAST_GRID, N_CELLS, N_GRIDS


def partner_blocks(grids: Tensor) -> Tensor:
    """Which block holds the other grid of each block's pair: (..., 4) int64.

    grids: (..., 4) the grids (0 = A, 1 = f_A, 2 = B, 3 = f_B) in the order they come.
    """
    return ((grids ^ 1)[..., :, None] == grids[..., None, :]).to(torch.uint8).argmax(dim=-1)


def partner_block(tokens: Tensor, block: int) -> int:
    """Which block of a quiz (404,) holds the other grid of a block's pair."""
    return int(partner_blocks(tokens[::BLOCK_LENGTH].long() - FIRST_MARKER)[block])


def partner_of_last_grid(tokens: Tensor) -> slice:
    """The cells of a quiz (404,) of the grid that the last one goes with."""
    first = partner_block(tokens, N_GRIDS - 1) * BLOCK_LENGTH + 1
    return slice(first, first + N_CELLS)


def deciding_cell(tokens: Tensor) -> int | None:
    """The position of the first cell of the last grid that differs from the grid it goes with.

    tokens: (404,), of a quiz with prompt noise those before it (`QuizBatch.clean`). There the rule first
    shows, and the GPT decides what it changes; None when the two grids are alike.
    """
    changed = (tokens[LAST_GRID] != tokens[partner_of_last_grid(tokens)]).nonzero()
    return LAST_GRID.start + int(changed[0]) if len(changed) else None
