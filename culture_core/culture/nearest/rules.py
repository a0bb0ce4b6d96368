"""How many cells of a quiz contradict the rule of a world task, for its best reading.

A reading says which rectangles the rule acts on, their colours and the rule's parameters, the last two the
same for both pairs. Wrong are the cells of X that are not as such rectangles are drawn, and the cells of f(X)
that are not as the rule says; outside those rectangles f must leave X as it is, whatever that is. Each rule
returns the least over all readings, (n,) float32. A rectangle's cost is what it makes wrong less the changes
that it accounts for; since those acted on differ in colour, one that covers another counts no cell twice.
Source of the rules: docs/reference/world.md, "World tasks".
"""

from collections.abc import Callable

import torch
from torch import Tensor

from culture_core.culture.nearest.contact import contact
from culture_core.culture.nearest.sums import Pairs, both_pairs, cheapest
from culture_core.world.vocabulary import WORLD_TASKS

N_DETECTED, N_CORNERED = 2, 3
MIN_GROWN_SIDE = 4


def replace_color(pairs: Pairs) -> Tensor:
    """A rectangle of one colour is in another colour in f(X)."""
    body = pairs.table.body
    drawn = pairs.x_not(body) - pairs.changes(body)
    return _least(pairs, cheapest(drawn, pairs.f_not(body)))


def translate(pairs: Pairs) -> Tensor:
    """A rectangle moves by one cell, straight or diagonally, anywhere in the grid."""
    shifted = pairs.table.shifted
    shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    return _least(pairs, torch.stack([_moved(pairs, shifted[i, j]) for i, j in shifts], dim=1))


def _moved(pairs: Pairs, target: Tensor) -> Tensor:
    """target: (1182,) where each rectangle goes, -1 for nowhere. Returns (2n, 10 colours)."""
    goes = target >= 0
    old, new = pairs.table.body[goes], pairs.table.body[target[goes]]
    costs = pairs.x_not(old) + pairs.f_not(new) + pairs.f_painted(old * (1 - new))
    return (costs - pairs.changes(torch.maximum(old, new))).amin(2)


def grow(pairs: Pairs) -> Tensor:
    """A rectangle of at least 4 x 4 gains or loses its one-cell border."""
    table = pairs.table
    i1, i2, j1, j2 = table.boxes.T
    large = torch.minimum(i2 - i1, j2 - j1) >= MIN_GROWN_SIDE
    body, interior, border = table.body[large], table.interior[large], table.border[large]
    grows = pairs.x_not(interior) + pairs.x_painted(border) + pairs.f_not(body)
    shrinks = pairs.x_not(body) + pairs.f_not(interior) + pairs.f_painted(border)
    costs = torch.stack([grows, shrinks], dim=1) - pairs.changes(body)[:, None]
    return _least(pairs, costs.amin(3))


def half_fill(pairs: Pairs) -> Tensor:
    """The middle line of a rectangle spreads over one half of it."""
    table, costs = pairs.table, []
    for line, half in zip(table.lines, table.halves, strict=True):
        plain = pairs.x_not(table.body - line) + pairs.f_not(table.body - half) - pairs.changes(table.body)
        costs.append(cheapest(plain, pairs.x_not(line) + pairs.f_not(half)))
    return _least(pairs, torch.stack(costs, dim=1))


def frame(pairs: Pairs) -> Tensor:
    """A rectangle loses all but its border."""
    table = pairs.table
    costs = pairs.x_not(table.body) + pairs.f_not(table.border) + pairs.f_painted(table.interior)
    return _least(pairs, (costs - pairs.changes(table.body)).amin(2))


def detect(pairs: Pairs) -> Tensor:
    """The top-left corners of two rectangles are marked in one new colour."""
    table = pairs.table
    plain = pairs.x_not(table.body) + pairs.f_not(table.body - table.mark) - pairs.changes(table.body)
    costs = both_pairs(cheapest(plain, pairs.f_not(table.mark)))
    two = costs.topk(N_DETECTED, dim=1, largest=False).values.sum(1)
    return both_pairs(pairs.n_changed) + two.amin(1)


def corners(pairs: Pairs) -> Tensor:
    """Three rectangles of which two opposite corners are shown are filled."""
    body, best = pairs.table.body, []
    for marks in pairs.table.corners:
        costs = pairs.x_not(marks) + pairs.x_painted(body - marks) + pairs.f_not(body) - pairs.changes(body)
        least = both_pairs(costs.amin(2))
        best.append(least.topk(N_CORNERED, dim=1, largest=False).values.sum(1))
    return both_pairs(pairs.n_changed) + torch.stack(best, dim=1).amin(1)


def _least(pairs: Pairs, costs: Tensor) -> Tensor:
    """Costs (2n, shared parameters ...) of one rectangle to wrong cells of quizzes (n,)."""
    return both_pairs(pairs.n_changed) + both_pairs(costs).flatten(1).amin(1)


RULES: dict[str, Callable[[Pairs], Tensor]] = {
    "replace_color": replace_color,
    "translate": translate,
    "grow": grow,
    "half_fill": half_fill,
    "frame": frame,
    "detect": detect,
    "corners": corners,
    "contact": contact,
}
assert tuple(RULES) == WORLD_TASKS
