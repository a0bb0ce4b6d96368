"""Greedy generation by guessing the whole grid and checking it: exact, in a few passes.

One pass over a guessed grid gives the argmax of every cell under that guess. Up to the first cell where the
two differ the guess is what greedy generation writes, and the argmax there is its next cell; the argmaxes
after it are the next guess. So every pass settles at least one cell, and one pass settles them all when the
guess was right. Source: Santilli et al. 2023, "Accelerating Transformer Inference for Translation via
Parallel Decoding".
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from culture_core.models.mygpt import Edit, KeyValueCache, MyGPT
from culture_core.world.vocabulary import LAST_GRID, QUIZ_LENGTH


@torch.inference_mode()
def greedy_quizzes(model: MyGPT, tokens: Tensor, *, edit: Edit | None = None) -> Tensor:
    """Quizzes (n, 404) with the last grid generated greedily from the three before it: (n, 404) uint8.

    The first guess is the quizzes' own last grid. edit: an intervention that treats each position by itself;
    it is at work in every step. The same grids as `generate`, but for ties within rounding.
    """
    inputs = F.pad(tokens.to(next(model.parameters()).device, torch.long), (1, 0))
    cache = KeyValueCache(model, len(inputs))
    settled = LAST_GRID.start
    model.read(inputs[:, :settled], cache, edit)
    while settled < QUIZ_LENGTH:
        cache.filled = settled
        cells = model.read(inputs[:, settled:QUIZ_LENGTH], cache, edit).argmax(-1)
        right = (cells == inputs[:, settled + 1 :]).long().cumprod(1).sum(1)
        inputs[:, settled + 1 :] = cells
        settled += int(right.min()) + 1
    return inputs[:, 1:].to(tokens.device, torch.uint8)
