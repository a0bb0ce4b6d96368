"""The eight world tasks: three rectangles that do not overlap, and a rule for one part of them.

Each function draws a batch of quizzes and states its rule; all rules: docs/reference/world.md, "World tasks".
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.world.randomness import Draws
from culture_core.world.rectangles import (
    RectangleTable,
    draw_colours,
    draw_disjoint,
    paint,
    rectangle_table,
)
from culture_core.world.tasks.record import TaskQuizzes, for_both_pairs, of_pairs

N_RECTANGLES = 3
LAST = N_RECTANGLES - 1
MIN_GROWN_SIDE = 4


@dataclass(frozen=True)
class Scene:
    """Three rectangles and their colours for each of m = 2n pairs.

    numbers: (m, 3) int64 rectangle numbers r0, r1, r2; colours: (m, k) uint8 c0 .. c(k-1).
    """

    table: RectangleTable
    numbers: Tensor
    colours: Tensor

    def part(self, masks: Tensor, role: int) -> Tensor:
        """Mask of a part of rectangle `role`: (1182, 100) masks by rectangle number -> (m, 100)."""
        return masks.index_select(0, self.numbers[:, role])

    def variant(self, masks: Tensor, which: Tensor, role: int) -> Tensor:
        """As `part`, of one of several kinds a pair. masks: (kinds, 1182, 100); which: (m,) -> (m, 100)."""
        return masks.flatten(0, 1).index_select(0, which * len(self.table) + self.numbers[:, role])

    def grids(self, masks_of: Callable[[int], Tensor]) -> Tensor:
        """Grids (m, 100) with a part of every rectangle in its colour. masks_of(role) -> (m, 100)."""
        grids = masks_of(0) * self.colours[:, :1]
        for role in range(1, N_RECTANGLES):
            grids += masks_of(role) * self.colours[:, role : role + 1]
        return grids

    def bodies(self) -> Tensor:
        """Grids (m, 100) with the whole rectangles."""
        return self.grids(lambda role: self.part(self.table.body, role))

    def quizzes(self, x: Tensor, f_x: Tensor, **params: Tensor) -> TaskQuizzes:
        return of_pairs(x, f_x, self.table.boxes[self.numbers], self.colours, params)


def _scene(
    draws: Draws,
    n_colours: int = N_RECTANGLES,
    accept: Callable[[RectangleTable, Tensor, Tensor], Tensor] | None = None,
) -> Scene:
    """Draw a scene. accept(table, rectangle numbers (k, 3), rows of the 2n pairs (k,)) -> bool (k,)."""
    table = rectangle_table(draws.keys.device)
    colours = for_both_pairs(draw_colours(draws, n_colours))
    if accept is None:
        return Scene(table, draw_disjoint(draws.pairs(), N_RECTANGLES), colours)
    numbers = draw_disjoint(draws.pairs(), N_RECTANGLES, lambda numbers, rows: accept(table, numbers, rows))
    return Scene(table, numbers, colours)


def replace_color(draws: Draws) -> TaskQuizzes:
    """f paints r0 in a fourth colour."""
    scene = _scene(draws, n_colours=4)
    x = scene.bodies()
    f_x = paint(x.clone(), scene.part(scene.table.body, 0), scene.colours[:, 3])
    return scene.quizzes(x, f_x)


def translate(draws: Draws) -> TaskQuizzes:
    """f moves r2 by (di, dj), over whatever it lands on."""
    shift = draws.integers(8)
    shift += shift >= 4  # the fifth of the nine shifts is none
    di, dj = shift // 3 - 1, shift % 3 - 1
    shift_of_pair = for_both_pairs(shift)

    def stays_inside(table: RectangleTable, numbers: Tensor, rows: Tensor) -> Tensor:
        return table.moved.flatten(0, 1)[shift_of_pair[rows], numbers[:, LAST]] >= 0

    scene = _scene(draws, accept=stays_inside)
    table = scene.table
    fixed = (
        scene.part(table.body, 0) * scene.colours[:, :1] + scene.part(table.body, 1) * scene.colours[:, 1:2]
    )
    moved = table.moved.flatten(0, 1)[shift_of_pair, scene.numbers[:, LAST]]
    x = fixed + scene.part(table.body, LAST) * scene.colours[:, LAST:]
    f_x = paint(fixed, table.body.index_select(0, moved), scene.colours[:, LAST])
    return scene.quizzes(x, f_x, di=di, dj=dj)


def grow(draws: Draws) -> TaskQuizzes:
    """f grows r2 by one cell on every side (direction 0) or shrinks it (1)."""
    direction = draws.integers(2)

    def large_enough(table: RectangleTable, numbers: Tensor, _rows: Tensor) -> Tensor:
        i1, i2, j1, j2 = table.boxes[numbers[:, LAST]].T
        return (i2 - i1 >= MIN_GROWN_SIDE) & (j2 - j1 >= MIN_GROWN_SIDE)

    scene = _scene(draws, accept=large_enough)
    whole = scene.bodies()
    border = scene.part(scene.table.border, LAST)
    shrinks = for_both_pairs(direction)[:, None].to(torch.uint8)
    border_in_colour = border * scene.colours[:, LAST:]
    x = whole - border_in_colour * (1 - shrinks)
    f_x = whole - border_in_colour * shrinks
    return scene.quizzes(x, f_x, direction=direction)


def half_fill(draws: Draws) -> TaskQuizzes:
    """Each rectangle has a middle line; f fills r2 from its line to one side.

    colours: body and line of r0, of r1, of r2.
    """
    direction = draws.integers(4)
    direction_of_pair = for_both_pairs(direction)
    scene = _scene(draws, n_colours=2 * N_RECTANGLES)
    bodies = Scene(scene.table, scene.numbers, scene.colours[:, ::2])
    x = bodies.bodies()
    for role in range(N_RECTANGLES):
        line = scene.variant(scene.table.lines, direction_of_pair, role)
        paint(x, line, scene.colours[:, 2 * role + 1])
    half = scene.variant(scene.table.halves, direction_of_pair, LAST)
    f_x = paint(x.clone(), half, scene.colours[:, 2 * LAST + 1])
    return scene.quizzes(x, f_x, direction=direction)


def frame(draws: Draws) -> TaskQuizzes:
    """f hollows r2: only its one-cell border stays."""
    scene = _scene(draws)
    x = scene.bodies()
    f_x = x - scene.part(scene.table.interior, LAST) * scene.colours[:, LAST:]
    return scene.quizzes(x, f_x)


def detect(draws: Draws) -> TaskQuizzes:
    """f marks the top-left corner of r0 and r1, three cells each, in a fourth colour."""
    scene = _scene(draws, n_colours=4)
    x = scene.bodies()
    marks = scene.part(scene.table.mark, 0) + scene.part(scene.table.mark, 1)
    f_x = paint(x.clone(), marks, scene.colours[:, 3])
    return scene.quizzes(x, f_x)


def corners(draws: Draws) -> TaskQuizzes:
    """X shows two opposite corners of each rectangle (top left first: polarity 0); f fills the rectangles."""
    polarity = draws.integers(2)
    polarity_of_pair = for_both_pairs(polarity)
    scene = _scene(draws)
    x = scene.grids(lambda role: scene.variant(scene.table.corners, polarity_of_pair, role))
    return scene.quizzes(x, scene.bodies(), polarity=polarity)


def contact(draws: Draws) -> TaskQuizzes:
    """f gives each rectangle that touches r0 along an edge a border in r0's colour."""

    def something_touches(table: RectangleTable, numbers: Tensor, _rows: Tensor) -> Tensor:
        first, second, third = numbers.T
        return table.touches[first, second] | table.touches[first, third]

    scene = _scene(draws, accept=something_touches)
    x = scene.bodies()
    f_x = x.clone()
    for role in range(1, N_RECTANGLES):
        touches = scene.table.touches[scene.numbers[:, 0], scene.numbers[:, role]]
        border = scene.part(scene.table.border, role) * touches[:, None].to(torch.uint8)
        paint(f_x, border, scene.colours[:, 0])
    return scene.quizzes(x, f_x)
