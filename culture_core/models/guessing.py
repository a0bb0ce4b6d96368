"""Greedy generation by guessing the whole grid and checking it: exact, in a few passes.

One pass over a guessed grid gives the argmax of every cell under that guess. Up to the first cell where the
two differ the guess is what greedy generation writes, and the argmax there is its next cell; the argmaxes
after it are the next guess. So every pass settles at least one cell, and one pass settles them all when the
guess was right. Source: Santilli et al. 2023, "Accelerating Transformer Inference for Translation via
Parallel Decoding".
"""

from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from culture_core.models.mygpt import Edit, KeyValueCache, MyGPT
from culture_core.models.positions import only_at
from culture_core.world.vocabulary import LAST_GRID, N_CELLS, QUIZ_LENGTH


@dataclass(frozen=True)
class Answers:
    """n quizzes with the last grid generated.

    tokens: (n, 404) uint8. probability: (n, 100) float32 of every generated cell, given those before it.
    """

    tokens: Tensor
    probability: Tensor


@torch.inference_mode()
def greedy_answers(
    model: MyGPT, tokens: Tensor, *, edit: Edit | None = None, positions: range | None = None
) -> Answers:
    """Generate the last grid of quizzes (n, 404) greedily, from the three grids before it.

    The first guess is the quizzes' own last grid. edit: an intervention that treats each position by itself;
    it is at work in every step. positions: where it is at work, see `only_at`. The same grids as `generate`,
    but for ties within rounding.
    """
    inputs = F.pad(tokens.to(next(model.parameters()).device, torch.long), (1, 0))
    probability = torch.empty(len(inputs), N_CELLS, device=inputs.device)
    cache = KeyValueCache(model, len(inputs))
    settled = LAST_GRID.start if len(inputs) else QUIZ_LENGTH
    model.read(inputs[:, :settled], cache, _edit_from(0, edit, positions))
    while settled < QUIZ_LENGTH:
        cache.filled = settled
        here = _edit_from(settled, edit, positions)
        best = model.read(inputs[:, settled:QUIZ_LENGTH], cache, here).float().softmax(-1).max(-1)
        right = (best.indices == inputs[:, settled + 1 :]).long().cumprod(1).sum(1)
        inputs[:, settled + 1 :] = best.indices
        probability[:, settled - LAST_GRID.start :] = best.values
        settled += int(right.min()) + 1
    return Answers(inputs[:, 1:].to(tokens.device, torch.uint8), probability.to(tokens.device))


def _edit_from(start: int, edit: Edit | None, positions: range | None) -> Edit | None:
    """An edit at some positions only, of values that begin at the position `start`."""
    if edit is None or positions is None:
        return edit
    return lambda name, value: only_at(positions, partial(edit, name), start)(value)
