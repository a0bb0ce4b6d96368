"""The rectangles a task may draw, as tables: boxes, masks of cells, disjoint sets.

There are only 1182 valid rectangles (height and width at least 3, area at most 50), so a rectangle is its
number in the table, a mask of its cells is one row of a table, and k rectangles that do not overlap are one
row of the table of all such sets: a uniform choice of a row is exactly the draw of docs/reference/world.md,
"Rectangles", with nothing rejected. Tables are built once per device and kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import numpy as np
import torch
from torch import Tensor

from culture_core.world.randomness import Draws, draw_until
from culture_core.world.vocabulary import GRID_SIDE, N_COLOURS

MIN_SIDE = 3
MAX_AREA = 50


def box_masks(boxes: Tensor) -> Tensor:
    """Masks of boxes. boxes: (..., 4) rows i1 <= i < i2, columns j1 <= j < j2 -> (..., 100) uint8."""
    cells = torch.arange(GRID_SIDE, device=boxes.device, dtype=boxes.dtype)
    i1, i2, j1, j2 = boxes[..., None].unbind(-2)
    rows = ((cells >= i1) & (cells < i2)).to(torch.uint8)
    columns = ((cells >= j1) & (cells < j2)).to(torch.uint8)
    return (rows[..., :, None] * columns[..., None, :]).flatten(-2)


def cell_boxes(cells: Tensor) -> Tensor:
    """Single cells as boxes: (n, k) cell numbers -> (n, k, 4)."""
    i, j = cells // GRID_SIDE, cells % GRID_SIDE
    return torch.stack((i, i + 1, j, j + 1), dim=2)


@dataclass(frozen=True)
class RectangleTable:
    """The valid rectangles and the masks of their parts; row r is rectangle number r.

    boxes: (1182, 4) int64, i1, i2, j1, j2, half open.
    body, interior, border, mark: (1182, 100) uint8. interior: without the one-cell border; mark: the three
    cells of the top-left corner.
    corners: (2 polarities, 1182, 100): two opposite corner marks of three cells.
    lines, halves: (4 directions, 1182, 100): the middle line, and the cells from it to one side.
    touches: (1182, 1182) bool: the two share an edge (a diagonal touch does not count).
    shifted: (3, 3, 1182) int64: number of the rectangle shifted by (di, dj) at [di + 1, dj + 1], -1 when it
    would leave the grid.
    moved: the same, and -1 also where it would reach the last row or column, to which the task *translate*
    moves none.
    """

    boxes: Tensor
    body: Tensor
    interior: Tensor
    border: Tensor
    mark: Tensor
    corners: Tensor
    lines: Tensor
    halves: Tensor
    touches: Tensor
    shifted: Tensor
    moved: Tensor

    def __len__(self) -> int:
        return len(self.boxes)


def _valid_boxes() -> Tensor:
    """Every valid rectangle in lexicographic order: (1182, 4) int64."""
    edges = torch.arange(GRID_SIDE + 1)
    i1, i2, j1, j2 = boxes = torch.cartesian_prod(edges, edges, edges, edges).T
    height, width = i2 - i1, j2 - j1
    valid = (height >= MIN_SIDE) & (width >= MIN_SIDE) & (height * width <= MAX_AREA)
    return boxes.T[valid].contiguous()


def _corner_marks(boxes: Tensor) -> Tensor:
    """Three cells at each corner: (4, n, 100): top left, bottom right, top right, bottom left."""
    i1, i2, j1, j2 = boxes.T
    top, bottom, left, right = (i1, i1 + 2), (i2 - 2, i2), (j1, j1 + 2), (j2 - 2, j2)
    inner_top, inner_bottom, inner_left, inner_right = i1 + 1, i2 - 2, j1 + 1, j2 - 2
    marks = [
        box_masks(torch.stack((*rows, *columns), dim=1))
        - box_masks(torch.stack((inner_row, inner_row + 1, inner_column, inner_column + 1), dim=1))
        for rows, columns, inner_row, inner_column in (
            (top, left, inner_top, inner_left),
            (bottom, right, inner_bottom, inner_right),
            (top, right, inner_top, inner_right),
            (bottom, left, inner_bottom, inner_left),
        )
    ]
    return torch.stack(marks)


def _middle_lines(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """The middle line and the half that starts or ends with it, by direction (down, up, right, left)."""
    i1, i2, j1, j2 = boxes.T
    down, up = (i1 + i2) // 2, (i1 + i2 - 1) // 2
    right, left = (j1 + j2) // 2, (j1 + j2 - 1) // 2
    lines = (
        (down, down + 1, j1, j2),
        (up, up + 1, j1, j2),
        (i1, i2, right, right + 1),
        (i1, i2, left, left + 1),
    )
    halves = ((down, i2, j1, j2), (i1, up + 1, j1, j2), (i1, i2, right, j2), (i1, i2, j1, left + 1))
    return (
        torch.stack([box_masks(torch.stack(line, dim=1)) for line in lines]),
        torch.stack([box_masks(torch.stack(half, dim=1)) for half in halves]),
    )


def rectangles_touch(a: Tensor, b: Tensor) -> Tensor:
    """Whether boxes (..., 4) share an edge with others that broadcast with them: (...) bool. Source:
    docs/reference/world.md, "contact"."""
    a_i1, a_i2, a_j1, a_j2 = a.unbind(-1)
    b_i1, b_i2, b_j1, b_j2 = b.unbind(-1)
    v = torch.maximum(a_i1 - b_i2, b_i1 - a_i2)
    h = torch.maximum(a_j1 - b_j2, b_j1 - a_j2)
    return ((v <= 0) & (h <= -1)) | ((v <= -1) & (h <= 0))


def _shifted(boxes: Tensor) -> Tensor:
    """Number of each box shifted by -1..1 both ways, -1 where that leaves the grid: (3, 3, n) int64."""
    number = {tuple(box): r for r, box in enumerate(boxes.tolist())}
    return torch.tensor(
        [
            [
                [number.get((i1 + di, i2 + di, j1 + dj, j2 + dj), -1) for i1, i2, j1, j2 in boxes.tolist()]
                for dj in (-1, 0, 1)
            ]
            for di in (-1, 0, 1)
        ]
    )


def _moved(boxes: Tensor, shifted: Tensor) -> Tensor:
    """Of the boxes shifted those that `translate` may move to, -1 elsewhere: (3, 3, n) int64.

    Source: docs/reference/world.md, "World tasks".
    """
    may = (boxes.amax(1) < GRID_SIDE)[shifted] & (shifted >= 0)
    return torch.where(may, shifted, -1)


@lru_cache
def rectangle_table(device: torch.device) -> RectangleTable:
    """The table of valid rectangles on a device."""
    boxes = _valid_boxes()
    body, shifted = box_masks(boxes), _shifted(boxes)
    interior = box_masks(boxes + torch.tensor([1, -1, 1, -1]))
    top_left, bottom_right, top_right, bottom_left = _corner_marks(boxes)
    # At 3 x 3 the two marks of a pair meet in no cell, so their sum is a mask.
    corners = torch.stack((top_left + bottom_right, top_right + bottom_left))
    lines, halves = _middle_lines(boxes)
    tables = (
        boxes,
        body,
        interior,
        body - interior,
        top_left,
        corners,
        lines,
        halves,
        rectangles_touch(boxes[:, None], boxes),
        shifted,
        _moved(boxes, shifted),
    )
    return RectangleTable(*(table.to(device) for table in tables))


def _disjoint() -> Tensor:
    """Which valid rectangles have no cell in common: (1182, 1182) bool."""
    i1, i2, j1, j2 = _valid_boxes().T
    rows_apart = (i2[:, None] <= i1) | (i2 <= i1[:, None])
    columns_apart = (j2[:, None] <= j1) | (j2 <= j1[:, None])
    return rows_apart | columns_apart


@lru_cache
def disjoint_pairs(device: torch.device) -> Tensor:
    """Every unordered pair of valid rectangles without a common cell: (number of pairs, 2) int16."""
    return _disjoint().triu(1).nonzero().to(device, torch.int16)


@lru_cache
def disjoint_triples(device: torch.device) -> Tensor:
    """Every unordered triple of valid rectangles without a common cell: (4,986,170, 3) int16."""
    later = _disjoint().triu(1).numpy()
    triples = []
    for first, row in enumerate(later):
        seconds = np.flatnonzero(row)
        place, third = np.divmod(np.flatnonzero(later[seconds] & row), len(later))
        columns = np.broadcast_arrays(first, seconds[place], third)
        triples.append(np.stack(columns, axis=1, dtype=np.int16, casting="unsafe"))
    return torch.from_numpy(np.concatenate(triples)).to(device)


@lru_cache
def _orders(k: int, device: torch.device) -> Tensor:
    """All orders of k things: (k!, k) int64."""
    return torch.tensor(list(permutations(range(k))), device=device)


def _accept_all(values: Tensor, _rows: Tensor) -> Tensor:
    return torch.ones(len(values), dtype=torch.bool, device=values.device)


def draw_disjoint(draws: Draws, k: int, accept: Callable[[Tensor, Tensor], Tensor] = _accept_all) -> Tensor:
    """Draw k (2 or 3) ordered rectangles that do not overlap, uniformly among those `accept` lets through.

    accept(rectangle numbers (m, k), rows (m,)) -> bool (m,).
    Returns rectangle numbers (n, k) int64.
    """
    device = draws.keys.device
    sets = disjoint_pairs(device) if k == 2 else disjoint_triples(device)
    orders = _orders(k, device)

    def propose(some: Draws, _rows: Tensor) -> Tensor:
        choice = some.integers(len(sets) * len(orders))
        chosen = sets.index_select(0, choice // len(orders)).long()
        return chosen.gather(1, orders.index_select(0, choice % len(orders)))

    return draw_until(draws, propose, accept)


@lru_cache
def _colour_choices(k: int, device: torch.device) -> Tensor:
    """All ordered choices of k distinct colours of 1..10: (10! / (10 - k)!, k) uint8."""
    choices = torch.arange(1, N_COLOURS, dtype=torch.uint8)[:, None]
    for _ in range(k - 1):
        longer = torch.cartesian_prod(torch.arange(len(choices)), torch.arange(1, N_COLOURS))
        rows, colour = choices[longer[:, 0]], longer[:, 1:].to(torch.uint8)
        fresh = (rows != colour).all(dim=1)
        choices = torch.cat((rows, colour), dim=1)[fresh]
    return choices.to(device)


def draw_colours(draws: Draws, k: int) -> Tensor:
    """Draw k (at most 6) distinct colours of 1..10, in random order: (n, k) uint8."""
    choices = _colour_choices(k, draws.keys.device)
    return choices.index_select(0, draws.integers(len(choices)))


def paint(grids: Tensor, masks: Tensor, colours: Tensor) -> Tensor:
    """Paint in place the masked cells of each grid with one colour.

    grids: (n, 100) uint8; masks: (n, 100) uint8 of 0 and 1; colours: (n,) uint8.
    uint8 arithmetic wraps around, so grid + mask * (colour - grid) is exact, and many times as fast as
    torch.where.
    """
    difference = colours[:, None] - grids
    difference *= masks
    grids += difference
    return grids
