"""The task `isometry`: boxes are rotated or reflected about the centre of the grid, then shifted."""

from functools import lru_cache

import torch
from torch import Tensor

from culture_core.world.randomness import Draws, draw_until
from culture_core.world.rectangles import box_masks, draw_colours, paint
from culture_core.world.tasks.record import TaskQuizzes, for_both_pairs, of_pairs
from culture_core.world.vocabulary import GRID_SIDE, N_CELLS

N_BOXES = 3
MIN_LONG_DIFFERENCE = 2
MAX_SHORT_DIFFERENCE = 3
MIN_PAINTED = 26


@lru_cache
def _boxes(device: torch.device) -> Tensor:
    """Boxes off the edge of the grid, of the allowed sides: (n, 4) int64, half open."""
    inner = torch.arange(1, GRID_SIDE - 1)
    i1, i2, j1, j2 = torch.cartesian_prod(inner, inner, inner, inner).T
    height, width = i2 - i1, j2 - j1
    valid = (
        (height >= 0)
        & (width >= 0)
        & (torch.maximum(height, width) >= MIN_LONG_DIFFERENCE)
        & (torch.minimum(height, width) <= MAX_SHORT_DIFFERENCE)
    )
    return torch.stack((i1, i2 + 1, j1, j2 + 1), dim=1)[valid].to(device)


@lru_cache
def _sources(device: torch.device) -> Tensor:
    """Where the colour of each cell of f(X) comes from, by rule: (72, 100) cell numbers, 100 for nowhere.

    Rule number: ((mirrored * 4 + quarter_turns) * 3 + di + 1) * 3 + dj + 1.
    """
    cells = torch.arange(N_CELLS).view(GRID_SIDE, GRID_SIDE)
    rules = []
    for mirrored in (False, True):
        for quarter_turns in range(4):
            turned = torch.rot90(cells.flip(1) if mirrored else cells, quarter_turns)
            for di in (-1, 0, 1):
                for dj in (-1, 0, 1):
                    padded = torch.full((GRID_SIDE + 2, GRID_SIDE + 2), N_CELLS)
                    padded[1 + di : 1 + di + GRID_SIDE, 1 + dj : 1 + dj + GRID_SIDE] = turned
                    rules.append(padded[1:-1, 1:-1].flatten())
    return torch.stack(rules).to(device)


def _draw_grids(boxes: Tensor, colours: Tensor) -> Tensor:
    """Grids (n, 100) with boxes (n, 3, 4), later ones over earlier ones."""
    masks = box_masks(boxes)
    grids = masks[:, 0] * colours[:, :1]
    for role in range(1, N_BOXES):
        paint(grids, masks[:, role], colours[:, role])
    return grids


def isometry(draws: Draws) -> TaskQuizzes:
    """f mirrors the grid left to right or not, turns it counterclockwise by quarters, shifts it by (di, dj).

    rectangles: the three boxes in X, the last on top. colours: theirs, drawn again for each pair.
    """
    rule = draws.integers(72)
    table = _boxes(draws.keys.device)
    roles = torch.arange(1, N_BOXES + 1, device=draws.keys.device, dtype=torch.uint8)

    def propose(some: Draws, _rows: Tensor) -> Tensor:
        return some.integers(len(table), N_BOXES)

    def accept(numbers: Tensor, _rows: Tensor) -> Tensor:
        grids = _draw_grids(table[numbers], roles.expand(len(numbers), -1))
        visible = (grids[:, None] == roles[:, None]).any(dim=2).all(dim=1)
        return visible & ((grids > 0).sum(dim=1) >= MIN_PAINTED)

    pairs = draws.pairs()
    boxes = table[draw_until(pairs, propose, accept)]
    colours = draw_colours(pairs, N_BOXES)
    x = _draw_grids(boxes, colours)
    sources = for_both_pairs(_sources(x.device)[rule])
    f_x = torch.cat((x, x.new_zeros(len(x), 1)), dim=1).gather(1, sources)
    params = {
        "mirrored": rule // 36,
        "quarter_turns": rule // 9 % 4,
        "di": rule // 3 % 3 - 1,
        "dj": rule % 3 - 1,
    }
    return of_pairs(x, f_x, boxes, colours, params)
