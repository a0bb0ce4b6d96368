"""The tasks `trajectory` and `bounce`: a point moves on in a straight line, or from wall to wall."""

from functools import lru_cache

import torch
from torch import Tensor

from culture_core.world.randomness import Draws, draw_until
from culture_core.world.rectangles import cell_boxes, draw_colours
from culture_core.world.tasks.record import TaskQuizzes, for_both_pairs, of_pairs
from culture_core.world.vocabulary import GRID_SIDE, N_CELLS

LONGEST_STEP = 3
MIN_POSITIONS = 3
N_OBSTACLE_DRAWS = 10
MAX_STEPS = 10
MIN_STEPS = 3

_PADDED = GRID_SIDE + 2
_NEIGHBOURS = (1, _PADDED, -1, -_PADDED)  # right, down, left, up in a padded grid: each a quarter turn on


@lru_cache
def _trajectories(device: torch.device) -> tuple[Tensor, Tensor]:
    """Every trajectory that fits.

    Returns which position (1, 2, ...; 0 = none) each cell is, (n, 100) uint8, and the first two cells as
    boxes, (n, 2, 4) int64.
    """
    cells, steps = torch.arange(GRID_SIDE), torch.arange(-LONGEST_STEP, LONGEST_STEP + 1)
    i, j, di, dj = torch.cartesian_prod(cells, cells, steps, steps).T
    k = torch.arange(GRID_SIDE)
    rows, columns = i[:, None] + k * di[:, None], j[:, None] + k * dj[:, None]
    inside = (rows >= 0) & (rows < GRID_SIDE) & (columns >= 0) & (columns < GRID_SIDE)
    valid = ((di != 0) | (dj != 0)) & inside[:, MIN_POSITIONS - 1]
    rows, columns, inside = rows[valid], columns[valid], inside[valid]
    order = torch.zeros(len(rows), N_CELLS + 1, dtype=torch.uint8)
    number = (k + 1).to(torch.uint8).expand(len(rows), -1)
    order.scatter_(1, torch.where(inside, rows * GRID_SIDE + columns, N_CELLS), number)
    first = torch.stack((rows, rows + 1, columns, columns + 1), dim=2)[:, :2]
    return order[:, :N_CELLS].contiguous().to(device), first.to(device)


def trajectory(draws: Draws) -> TaskQuizzes:
    """Two cells give a step; f repeats it in the second cell's colour up to the edge of the grid.

    rectangles: the two cells. colours: theirs. The step is drawn for each pair.
    """
    orders, first_cells = _trajectories(draws.keys.device)
    colours = for_both_pairs(draw_colours(draws, 2))
    choice = draws.pairs().integers(len(orders))
    order = orders[choice]
    f_x = (order == 1) * colours[:, :1] + (order > 1) * colours[:, 1:]
    return of_pairs(f_x * (order <= 2), f_x, first_cells[choice], colours)


def _walk(draws: Draws) -> Tensor:
    """Draw obstacles and let a ball walk among them.

    Returns (n, 100 + 2 + 11) uint8: which cells are obstacles; the number of steps taken, whether the ball
    was stopped; and the cells of the walk from its start on, 100 where it had ended.
    """
    n, device = len(draws), draws.keys.device
    row = torch.arange(n, device=device)
    obstacle = torch.zeros(n, N_CELLS, dtype=torch.bool, device=device)
    obstacle.scatter_(1, draws.integers(N_CELLS, N_OBSTACLE_DRAWS), True)
    free = torch.zeros(n, _PADDED, _PADDED, dtype=torch.bool, device=device)
    free[:, 1:-1, 1:-1] = ~obstacle.view(n, GRID_SIDE, GRID_SIDE)
    free = free.flatten(1)
    cell, direction = draws.integers(N_CELLS), draws.integers(4)
    neighbours = torch.tensor(_NEIGHBOURS, device=device)
    position = (cell // GRID_SIDE + 1) * _PADDED + cell % GRID_SIDE + 1
    walking = torch.ones(n, dtype=torch.bool, device=device)
    visited, steps = [cell], torch.zeros(n, dtype=torch.long, device=device)
    for _ in range(MAX_STEPS):
        free[row, position] = False
        turns = (direction[:, None] + torch.arange(4, device=device)) % 4
        ahead, one, _, three = free.gather(1, position[:, None] + neighbours[turns]).unbind(1)
        turn = torch.where(three, 3, 1)
        direction = torch.where(ahead, direction, (direction + turn) % 4)
        walking = walking & (ahead | one | three)
        position = torch.where(walking, position + neighbours[direction], position)
        steps += walking
        cell = (position // _PADDED - 1) * GRID_SIDE + position % _PADDED - 1
        visited.append(torch.where(walking, cell, N_CELLS))
    record = torch.stack((steps, ~walking, *visited), dim=1)
    return torch.cat((obstacle, record), dim=1).to(torch.uint8)


def bounce(draws: Draws) -> TaskQuizzes:
    """A ball walks straight on while it can; where it cannot it turns left, or right where left is blocked.

    f draws its walk.

    rectangles: the start, the first step and the last cell. colours: the obstacles', the ends', the walk's.
    """

    def accept(walks: Tensor, _rows: Tensor) -> Tensor:
        steps, stopped = walks[:, N_CELLS], walks[:, N_CELLS + 1]
        return (stopped == 0) | (steps >= MIN_STEPS)

    colours = for_both_pairs(draw_colours(draws, 3))
    obstacles, steps, _, walk = draw_until(draws.pairs(), lambda some, _rows: _walk(some), accept).split(
        (N_CELLS, 1, 1, MAX_STEPS + 1), dim=1
    )
    walk = walk.long()
    start, first, last = walk[:, :1], walk[:, 1:2], walk.gather(1, steps.long())
    room = torch.cat((obstacles * colours[:, :1], obstacles.new_zeros(len(obstacles), 1)), dim=1)
    ends, way = colours[:, 1:2], colours[:, 2:]
    x = room.scatter(1, start, ends).scatter(1, first, way).scatter(1, last, ends)
    f_x = room.scatter(1, walk, way.expand_as(walk)).scatter(1, start, ends).scatter(1, first, ends)
    f_x = f_x.scatter(1, last, ends)
    boxes = cell_boxes(torch.cat((start, first, last), dim=1))
    return of_pairs(x[:, :N_CELLS], f_x[:, :N_CELLS], boxes, colours)
