"""Concepts of shape: which rectangle a cell is in, and which part of it.

r0, r1 ... are the rectangles of a quiz by role (docs/reference/world.md), where the grid at hand shows them:
f moves r2 of `translate` and changes the size of r2 of `grow`. Rectangles may be hidden behind others or, as
in the inputs of `corners`, be shown only in part.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from culture_core.features.concepts.cells import COLUMN, IS_CELL, ROW, Mask, QuizCells
from culture_core.features.concepts.concept import Concept, on_and_before
from culture_core.world.quizzes import MAX_ROLES
from culture_core.world.rectangles import rectangles_touch

KIND = "rectangle"
Part = Callable[[NDArray[np.int8]], Mask]


def rectangle_concepts() -> Iterator[Concept]:
    """All concepts of rectangles."""
    yield from on_and_before("rectangle", "a cell of a rectangle", KIND, partial(_any_role, part=_body))
    for name, part in PARTS.items():
        words = f"{ARTICLES.get(name, 'a')} {name.replace('_', ' ')} cell of a rectangle"
        yield from on_and_before(f"rectangle.{name}", words, KIND, partial(_any_role, part=part))
    for role in range(MAX_ROLES):
        yield from on_and_before(
            f"r{role}", f"a cell of rectangle r{role}", KIND, partial(_of_role, role=role, part=_body)
        )
    for role in range(MAX_ROLES - 1):
        for name in PARTS_BY_ROLE:
            words = f"{ARTICLES.get(name, 'a')} {name} cell of rectangle r{role}"
            mask = partial(_of_role, role=role, part=PARTS[name])
            yield from on_and_before(f"r{role}.{name}", words, KIND, mask)
    for role in (1, 2):
        yield Concept(
            f"contact.r{role}",
            f"in a contact pair whose r{role} touches r0",
            KIND,
            partial(_touching_pair, role=role),
        )
    yield from on_and_before(
        "contact.touching", "a cell of a contact rectangle that touches r0", KIND, _touching_rectangle
    )


def _body(box: NDArray[np.int8]) -> Mask:
    i1, i2, j1, j2 = np.moveaxis(box, -1, 0)
    return (i1 <= ROW) & (i2 > ROW) & (j1 <= COLUMN) & (j2 > COLUMN) & IS_CELL


def _sides(box: NDArray[np.int8]) -> tuple[Mask, Mask, Mask, Mask]:
    """Whether each token is on the top, bottom, left and right line of the box."""
    i1, i2, j1, j2 = np.moveaxis(box, -1, 0)
    body = _body(box)
    return body & (i1 == ROW), body & (i2 - 1 == ROW), body & (j1 == COLUMN), body & (j2 - 1 == COLUMN)


def _border(box: NDArray[np.int8]) -> Mask:
    top, bottom, left, right = _sides(box)
    return top | bottom | left | right


def _inside(box: NDArray[np.int8]) -> Mask:
    return _body(box) & ~_border(box)


def _corner(box: NDArray[np.int8]) -> Mask:
    top, bottom, left, right = _sides(box)
    return (top | bottom) & (left | right)


def _first(box: NDArray[np.int8]) -> Mask:
    top, _, left, _ = _sides(box)
    return top & left


def _last(box: NDArray[np.int8]) -> Mask:
    _, bottom, _, right = _sides(box)
    return bottom & right


def _side(box: NDArray[np.int8], number: int) -> Mask:
    return _sides(box)[number]


PARTS: dict[str, Part] = {
    "border": _border,
    "inside": _inside,
    "corner": _corner,
    "first": _first,
    "last": _last,
    "top_row": partial(_side, number=0),
    "bottom_row": partial(_side, number=1),
    "left_column": partial(_side, number=2),
    "right_column": partial(_side, number=3),
}
PARTS_BY_ROLE = ("border", "inside", "corner", "first")
ARTICLES = {"inside": "an", "first": "the", "last": "the"}


def _of_role(cells: QuizCells, role: int, part: Part) -> Mask:
    return part(cells.box_at(role))


def _any_role(cells: QuizCells, part: Part) -> Mask:
    return np.logical_or.reduce([part(cells.box_at(role)) for role in range(MAX_ROLES)])


def _touches(cells: QuizCells, role: int) -> Mask:
    """Whether r<role> of each contact pair shares an edge with r0: (n, 2)."""
    boxes = torch.from_numpy(cells.rectangles)
    touching = rectangles_touch(boxes[:, :, 0], boxes[:, :, role]).numpy()
    return touching & cells.of_task("contact")[:, None]


def _touching_pair(cells: QuizCells, role: int) -> Mask:
    return cells.in_pairs(_touches(cells, role))


def _touching_rectangle(cells: QuizCells) -> Mask:
    return np.logical_or.reduce(
        [_of_role(cells, role, _body) & _touching_pair(cells, role) for role in (1, 2)]
    )
