"""The tasks `path` and `fill`: walks over the free cells between rectangles, as dilations of a batch."""

import torch
from torch import Tensor

from culture_core.world.randomness import Draws, draw_until
from culture_core.world.rectangles import cell_boxes, draw_colours, draw_disjoint, paint, rectangle_table
from culture_core.world.tasks.record import TaskQuizzes, for_both_pairs, of_pairs
from culture_core.world.vocabulary import GRID_SIDE, N_CELLS

LONGEST_PATH = 19
MIN_DISTANCE = 3
_UNREACHED = 100


def _dilate(cells: Tensor) -> Tensor:
    """Cells and their four neighbours: (n, 100) bool -> (n, 100) bool."""
    grid = cells.view(-1, GRID_SIDE, GRID_SIDE)
    wider = grid.clone()
    wider[:, 1:] |= grid[:, :-1]
    wider[:, :-1] |= grid[:, 1:]
    wider[:, :, 1:] |= grid[:, :, :-1]
    wider[:, :, :-1] |= grid[:, :, 1:]
    return wider.view(-1, N_CELLS)


def _one_cell(cell: Tensor) -> Tensor:
    """Masks of single cells: (n,) cell number -> (n, 100) bool."""
    return cell[:, None] == torch.arange(N_CELLS, device=cell.device)


def _distances(free: Tensor, start: Tensor) -> Tensor:
    """Steps over free cells from the start to each cell, 100 where no path of 19 leads: (n, 100) uint8."""
    reached = _one_cell(start)
    distance = torch.full_like(free, _UNREACHED, dtype=torch.uint8)
    distance[reached] = 0
    for step in range(1, LONGEST_PATH + 1):
        wider = _dilate(reached) & free
        distance.masked_fill_(wider & ~reached, step)
        reached = wider
    return distance


def _flood(free: Tensor, start: Tensor) -> Tensor:
    """The free cells that a 4-connected walk from the start reaches: (n, 100) bool."""
    reached = _one_cell(start)
    while True:
        wider = _dilate(_dilate(_dilate(reached) & free) & free) & free
        if torch.equal(wider, reached):
            return reached
        reached = wider


def _free_cells(numbers: Tensor) -> Tensor:
    """Cells outside the rectangles: (n, k) rectangle numbers -> (n, 100) bool."""
    body = rectangle_table(numbers.device).body
    return body[numbers].sum(dim=1) == 0


def _draw_free_cell(draws: Draws, free: Tensor) -> Tensor:
    """A uniform free cell of each grid, cell 0 when none is: free (n, 100) bool -> (n,) cell number."""
    rank = draws.bits(1).remainder(free.sum(dim=1, keepdim=True).clamp(min=1))
    return (free.cumsum(dim=1) > rank).to(torch.uint8).argmax(dim=1)


def _bodies(numbers: Tensor, colours: Tensor) -> Tensor:
    """Grids (n, 100) with rectangles that do not overlap: numbers (n, k), colours (n, at least k)."""
    masks = rectangle_table(numbers.device).body[numbers]
    return (masks * colours[:, : numbers.shape[1], None]).amax(dim=1)


def path(draws: Draws) -> TaskQuizzes:
    """f paints every free cell on some shortest 4-connected path between two end cells.

    rectangles: the two obstacles, the two end cells. colours: the obstacles', the ends', the path's.
    """

    def propose(some: Draws, _rows: Tensor) -> Tensor:
        return torch.cat((draw_disjoint(some, 2), some.integers(N_CELLS, 2)), dim=1)

    def accept(drawn: Tensor, _rows: Tensor) -> Tensor:
        first, second = drawn[:, 2], drawn[:, 3]
        rows_apart = (first // GRID_SIDE - second // GRID_SIDE).abs()
        columns_apart = (first % GRID_SIDE - second % GRID_SIDE).abs()
        far_enough = rows_apart + columns_apart >= MIN_DISTANCE
        free = _free_cells(drawn[:, :2])
        is_free = free.gather(1, drawn[:, 2:]).all(dim=1)
        distance = _distances(free, first).gather(1, drawn[:, 3:])[:, 0]
        return far_enough & is_free & (distance <= LONGEST_PATH)

    colours = for_both_pairs(draw_colours(draws, 4))
    numbers, ends = draw_until(draws.pairs(), propose, accept).split(2, dim=1)
    free = _free_cells(numbers)
    from_first, from_second = _distances(free, ends[:, 0]), _distances(free, ends[:, 1])
    length = from_first.gather(1, ends[:, 1:])
    is_end = _one_cell(ends[:, 0]) | _one_cell(ends[:, 1])
    on_path = (from_first + from_second == length) & ~is_end
    x = paint(_bodies(numbers, colours), is_end.to(torch.uint8), colours[:, 2])
    f_x = paint(x.clone(), on_path.to(torch.uint8), colours[:, 3])
    boxes = rectangle_table(numbers.device).boxes[numbers]
    return of_pairs(x, f_x, torch.cat((boxes, cell_boxes(ends)), dim=1), colours)


def fill(draws: Draws) -> TaskQuizzes:
    """f floods the free region of a seed cell and clears the seed.

    Every second pair, by chance, must leave some free cell dry.
    rectangles: the three obstacles, the seed cell. colours: the obstacles', the seed's.
    """
    pairs = draws.pairs()
    demands_dry_cell = pairs.integers(2) == 1

    def propose(some: Draws, _rows: Tensor) -> Tensor:
        numbers = draw_disjoint(some, 3)
        return torch.cat((numbers, _draw_free_cell(some, _free_cells(numbers))[:, None]), dim=1)

    def accept(drawn: Tensor, rows: Tensor) -> Tensor:
        free = _free_cells(drawn[:, :3])
        has_dry_cell = (free & ~_flood(free, drawn[:, 3])).any(dim=1)
        return free.any(dim=1) & (has_dry_cell | ~demands_dry_cell[rows])

    colours = for_both_pairs(draw_colours(draws, 4))
    numbers, seed = draw_until(pairs, propose, accept).split((3, 1), dim=1)
    seed_mask = _one_cell(seed[:, 0])
    flooded = _flood(_free_cells(numbers), seed[:, 0]) & ~seed_mask
    obstacles = _bodies(numbers, colours)
    x = paint(obstacles.clone(), seed_mask.to(torch.uint8), colours[:, 3])
    f_x = paint(obstacles, flooded.to(torch.uint8), colours[:, 3])
    boxes = rectangle_table(numbers.device).boxes[numbers]
    return of_pairs(x, f_x, torch.cat((boxes, cell_boxes(seed)), dim=1), colours)
