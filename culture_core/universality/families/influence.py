"""How much each feature matters at the deciding cell: gradient times activation, over quizzes."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.features.attribution import value_and_slope
from culture_core.features.index.directions import unit_outputs
from culture_core.models.mygpt import MyGPT
from culture_core.models.steering import halfway
from culture_core.saes.protocols import Encoder
from culture_core.world.pairs import deciding_cell

BATCH = 8


def deciding_cells(clean: Tensor) -> Tensor:
    """(n,) the position of the deciding cell of each quiz, -1 for none.

    clean: (n, 404) before prompt noise, which would look like changes.
    """
    cells = [deciding_cell(quiz) for quiz in clean]
    return torch.tensor([-1 if cell is None else cell for cell in cells])


def influences(model: MyGPT, sae: Encoder, hook: str, tokens: Tensor, clean: Tensor) -> NDArray[np.float64]:
    """(f,) the mean over quizzes of the absolute effect, to first order, of each feature on the log
    probability of the right colour at the deciding cell.

    tokens: (n, 404); clean: the same before prompt noise.
    Errors: CultureError when a MyGPT has no such hook point.
    """
    directions = unit_outputs(sae).detach()
    total = torch.zeros(len(directions), dtype=torch.float64, device=directions.device)
    cells = deciding_cells(clean).to(tokens.device)
    chosen, cells = tokens[cells >= 0], cells[cells >= 0]
    for quizzes, positions in zip(chosen.split(BATCH), cells.split(BATCH), strict=True):
        states, slope = _slope(model, hook, quizzes, positions)
        with torch.no_grad():
            total += (sae.encode(states) * (slope @ directions.T)).sum(1).abs().double().sum(0)
    return (total / max(len(chosen), 1)).cpu().numpy()


def _slope(model: MyGPT, hook: str, quizzes: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    """The value at the hook point (n, 404, d), and the gradient there of the log probability of the right
    token at one position of each quiz."""
    with torch.inference_mode(False):
        rows = torch.arange(len(quizzes), device=quizzes.device)
        right = quizzes[rows, positions].long()
        with torch.no_grad():
            reading = halfway(model, hook, quizzes.clone())
        states, slope, _ = value_and_slope(
            reading, lambda logits: logits[rows, positions].log_softmax(-1)[rows, right].sum()
        )
    return states, slope
