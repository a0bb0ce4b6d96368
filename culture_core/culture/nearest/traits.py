"""The traits of a quiz, independent of colours and positions: a row of counts, for the classifier."""

import torch
from torch import Tensor

from culture_core.culture.nearest.sums import Pairs
from culture_core.world.vocabulary import GRID_SIDE, N_COLOURS


def quiz_traits(tokens: Tensor) -> Tensor:
    """Traits of quizzes (n, 404): the mean over the two pairs, then how far apart they are: (n, 2 t)
    float32."""
    both = _pair_traits(Pairs.of(tokens)).unflatten(0, (-1, 2))
    return torch.cat([both.mean(1), (both[:, 0] - both[:, 1]).abs()], dim=1)


def _pair_traits(pairs: Pairs) -> Tensor:
    """(2n, t) float32: counts of cells and colours, before and after f and where f changes something."""
    x, f = pairs.x, pairs.f
    changed = x != f
    in_x, in_f = _cells_by_colour(x), _cells_by_colour(f)
    lost, gained = _cells_by_colour(x.masked_fill(~changed, 0)), _cells_by_colour(f.masked_fill(~changed, 0))
    grid = changed.view(-1, GRID_SIDE, GRID_SIDE)
    rows, columns = grid.any(2).sum(1), grid.any(1).sum(1)
    traits = (
        changed.sum(1),
        (changed & (x == 0)).sum(1),
        (changed & (f == 0)).sum(1),
        (x > 0).sum(1),
        (f > 0).sum(1),
        (in_x > 0).sum(1),
        (in_f > 0).sum(1),
        ((in_x > 0) & (in_f == 0)).sum(1),
        ((in_f > 0) & (in_x == 0)).sum(1),
        (lost > 0).sum(1),
        (gained > 0).sum(1),
        (gained * (in_x == 0)).sum(1),
        in_x.amax(1),
        in_f.amax(1),
        rows,
        columns,
        rows * columns,
        _inner(grid).sum((1, 2)),
        _edges(x),
        _edges(f),
    )
    return torch.stack([trait.float() for trait in traits], dim=1)


def _cells_by_colour(grids: Tensor) -> Tensor:
    """Cells of each colour but the background: (m, 100) to (m, 10) int64."""
    counts = torch.zeros(len(grids), N_COLOURS, dtype=torch.long, device=grids.device)
    return counts.scatter_add_(1, grids.long(), torch.ones_like(grids, dtype=torch.long))[:, 1:]


def _inner(grid: Tensor) -> Tensor:
    """Cells of a mask (m, 10, 10) whose four neighbours are in it too: (m, 8, 8) bool."""
    centre = grid[:, 1:-1, 1:-1]
    return centre & grid[:, :-2, 1:-1] & grid[:, 2:, 1:-1] & grid[:, 1:-1, :-2] & grid[:, 1:-1, 2:]


def _edges(grids: Tensor) -> Tensor:
    """Neighbouring cells of different colours: (m, 100) to (m,)."""
    grid = grids.view(-1, GRID_SIDE, GRID_SIDE)
    return (grid[:, 1:] != grid[:, :-1]).sum((1, 2)) + (grid[:, :, 1:] != grid[:, :, :-1]).sum((1, 2))
