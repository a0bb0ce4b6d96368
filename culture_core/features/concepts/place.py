"""Concepts of place: which grid, which row and column, and what part the grid has in the quiz."""

from collections.abc import Iterator

import numpy as np

from culture_core.features.concepts.cells import BLOCK, COLUMN, IS_CELL, ROW, Mask, QuizCells
from culture_core.features.concepts.concept import Concept, on_and_before
from culture_core.world.vocabulary import GRID_NAMES, GRID_SIDE, N_GRIDS

KIND = "place"
ORDINALS = ("first", "second", "third", "fourth")
LAST = GRID_SIDE - 1


def place_concepts() -> Iterator[Concept]:
    """All concepts of place; rows and columns count from 0 at the top left."""
    for block in range(N_GRIDS):
        yield _everywhere(f"grid={block + 1}", f"in the {ORDINALS[block]} grid", np.equal(BLOCK, block))
    for grid, name in enumerate(GRID_NAMES):
        yield _of_grid(f"grid={name}", f"in grid {name}", grid)
    yield Concept("input", "in an input grid (A or B)", KIND, lambda cells: cells.grid % 2 == 0)
    yield Concept("output", "in an output grid (f_A or f_B)", KIND, lambda cells: cells.grid % 2 == 1)
    yield Concept("example", "in the example pair", KIND, lambda cells: _pair(cells, BLOCK < 2))
    yield Concept("question", "in the question pair", KIND, lambda cells: _pair(cells, BLOCK >= 2))
    yield Concept("predicted", "in a grid to be predicted", KIND, lambda cells: cells.predicted)
    yield Concept("second", "in the second grid of a pair", KIND, lambda cells: cells.second)
    yield from on_and_before("marker", "a marker", KIND, lambda cells: cells.everywhere(~IS_CELL))
    for grid, name in enumerate(GRID_NAMES):
        yield from _of_marker(f"marker={name}", f"the marker of {name}", grid)
    for row in range(GRID_SIDE):
        yield _everywhere(f"row={row}", f"in row {row}", np.equal(ROW, row))
    for column in range(GRID_SIDE):
        yield _everywhere(f"column={column}", f"in column {column}", np.equal(COLUMN, column))
    edges = np.isin(ROW, (0, LAST)) | np.isin(COLUMN, (0, LAST))
    corners = np.isin(ROW, (0, LAST)) & np.isin(COLUMN, (0, LAST))
    yield _everywhere("grid_edge", "on the edge of the grid", edges)
    yield _everywhere("grid_corner", "in a corner of the grid", corners)


def _everywhere(name: str, words: str, positions: Mask) -> Concept:
    return Concept(name, words, KIND, lambda cells: cells.everywhere(positions))


def _of_grid(name: str, words: str, grid: int) -> Concept:
    return Concept(name, words, KIND, lambda cells: cells.grid == grid)


def _of_marker(name: str, phrase: str, grid: int) -> tuple[Concept, Concept]:
    return on_and_before(name, phrase, KIND, lambda cells: (cells.grid == grid) & ~IS_CELL)


def _pair(cells: QuizCells, blocks: Mask) -> Mask:
    """Blocks of the quizzes that have an example and a question."""
    return cells.answerable[:, None] & blocks
