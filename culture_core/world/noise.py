"""Prompt noise: some cells of one shown grid take a random colour.

Source: docs/reference/world.md, "Prompt noise".
"""

from functools import lru_cache

import torch
from torch import Tensor

from culture_core.world.randomness import LARGEST, Draws
from culture_core.world.vocabulary import BLOCK_LENGTH, N_CELLS, N_COLOURS, STRUCTURES

_NO_BLOCK = -1


@lru_cache
def _noisy_blocks(device: torch.device) -> Tensor:
    """The block noise goes into, by structure, -1 for none: (5,) int64."""
    blocks = [_NO_BLOCK if s.noisy_block is None else s.noisy_block for s in STRUCTURES]
    return torch.tensor(blocks, device=device)


def add_prompt_noise(clean: Tensor, structure: Tensor, draws: Draws, rate: float) -> tuple[Tensor, Tensor]:
    """Give each cell of each quiz's noisy grid, with probability `rate`, a uniform colour 0 .. 10.

    The colour may be the one the cell has. Markers and the other grids stay, as do structures without a noisy
    grid.
    clean: (n, 404) uint8; structure: (n,) index into STRUCTURES; draws: of the n quizzes.
    Returns tokens (n, 404) uint8 and which cells were drawn, (n, 404) bool.
    """
    tokens, noise = clean.clone(), torch.zeros_like(clean, dtype=torch.bool)
    block = _noisy_blocks(clean.device)[structure.long()]
    quizzes = (block != _NO_BLOCK).nonzero()[:, 0]
    decisions = Draws(draws.keys[quizzes]).bits(N_CELLS)
    hits = (decisions < min(int(rate * 2**63), LARGEST)).nonzero()
    quiz, cell = quizzes[hits[:, 0]], hits[:, 1]
    position = block[quiz] * BLOCK_LENGTH + 1 + cell
    tokens[quiz, position] = draws.branch(quiz, cell).integers(N_COLOURS).to(clean.dtype)
    noise[quiz, position] = True
    return tokens, noise
