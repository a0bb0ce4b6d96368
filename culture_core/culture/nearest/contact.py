"""The rule of `contact`, in which a rectangle changes depending on the position of another.

Here rectangles are read from X first: for each colour a few that fit its cells best. So unlike the other
rules' the count may in a rare case be above the least one.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.culture.nearest.sums import Pairs, both_pairs

N_READINGS = 6


@dataclass(frozen=True)
class _Fitted:
    """For each of 10 colours the t rectangles that fit its cells in X best: every tensor is (2n, 10, t).

    number: of the rectangle. fits: most of its cells are of the colour. kept: the cost when f leaves it as it
    is. framed: (2n, 10, t, 10) when f gives it a border of another colour.
    """

    number: Tensor
    fits: Tensor
    kept: Tensor
    framed: Tensor


def contact(pairs: Pairs) -> Tensor:
    """Every rectangle that touches a certain one gets a border of its colour; at least one does: (n,)
    float32."""
    fitted = _fit(pairs)
    m, n_colours, t = fitted.number.shape
    touches = pairs.table.touches[fitted.number[:, :, :, None, None], fitted.number[:, None, None]]
    framed = fitted.framed.permute(0, 3, 1, 2)[:, :, None].expand(m, n_colours, t, n_colours, t)
    kept = fitted.kept[:, None, None].expand_as(framed)
    fits = fitted.fits[:, None, None].expand_as(framed)
    touching = framed.masked_fill(~(touches & fits), torch.inf).amin(4)
    each = torch.where(touches, framed, kept).masked_fill(~fits, torch.inf).amin(4)
    each = torch.where(fits.any(4), each, 0.0)
    others = ~torch.eye(n_colours, dtype=torch.bool, device=each.device)[:, None]
    one_touches = (touching - each).masked_fill(~others, torch.inf).amin(3)
    costs = fitted.kept.masked_fill(~fitted.fits, torch.inf) + (each * others).sum(3) + one_touches
    return both_pairs(pairs.n_changed) + both_pairs(costs.amin(2)).amin(1)


def _fit(pairs: Pairs) -> _Fitted:
    table = pairs.table
    area = table.body.sum(1)
    wrong = pairs.x_not(table.body)
    number = (2 * wrong - area).topk(N_READINGS, dim=2, largest=False).indices
    wrong, changes = wrong.gather(2, number), pairs.changes(table.body).expand_as(wrong).gather(2, number)
    inside, whole = pairs.f_not(table.interior).gather(2, number), pairs.f_not(table.body).gather(2, number)
    border = pairs.f_not(table.border)
    rows = torch.arange(len(border), device=border.device)[:, None, None]
    framed = border.transpose(1, 2)[rows, number]
    return _Fitted(
        number,
        2 * wrong < area[number],
        wrong + whole - changes,
        framed + (wrong + inside - changes)[..., None],
    )
