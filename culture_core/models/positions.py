"""Interventions at some positions of a quiz only.

Position p of a value is the state from which token p is predicted: the state after the tokens before it.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Change = Callable[[Tensor], Tensor]


def only_at(positions: range | None, change: Change, start: int = 0) -> Change:
    """The change of values (n, t, ...), at some positions in a row only; None: at all.

    change: treats each position by itself. start: the position of the values' first entry.
    """
    if positions is None:
        return change
    first, last = max(positions.start - start, 0), max(positions.stop - start, 0)

    def changed(value: Tensor) -> Tensor:
        if not len(value[0, first:last]):
            return value
        return torch.cat([value[:, :first], change(value[:, first:last]), value[:, last:]], dim=1)

    return changed
