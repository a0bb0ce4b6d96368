"""Concepts of colour: which colour a cell has, what part it plays, and how the cell differs from others."""

from collections.abc import Iterator

from culture_core.features.concepts.cells import BLOCK, COLUMN, IS_CELL, ROW, Mask, QuizCells, shifted
from culture_core.features.concepts.concept import Concept, on_and_before
from culture_core.world.quizzes import MAX_COLOURS, NO_COLOUR
from culture_core.world.vocabulary import BLOCK_LENGTH, COLOUR_NAMES, GRID_SIDE

KIND = "colour"


def colour_concepts() -> Iterator[Concept]:
    """All concepts of colour; colours are those the GPTs read, noise included."""
    for colour, name in enumerate(COLOUR_NAMES):
        yield from _of_colour(f"colour={name}", f"a {name} cell", colour)
    yield from on_and_before("painted", "a cell that is not background", KIND, lambda cells: cells.painted)
    for role in range(MAX_COLOURS):
        yield from _of_role(f"colour=c{role}", f"a cell of colour c{role} of the rule", role)
    yield from on_and_before("unlike_left", "a cell unlike its left neighbour", KIND, _unlike_left)
    yield from on_and_before("unlike_above", "a cell unlike the one above it", KIND, _unlike_above)
    yield from on_and_before(
        "unlike_grid_before", "a cell unlike the same cell of the grid before", KIND, _unlike_grid_before
    )
    yield from on_and_before(
        "new_in_quiz",
        "the first cell of its colour in the quiz",
        KIND,
        lambda cells: cells.first_of_colour_in_quiz,
    )
    yield from on_and_before(
        "new_in_grid",
        "the first cell of its colour in the grid",
        KIND,
        lambda cells: cells.first_of_colour_in_grid,
    )


def _of_colour(name: str, phrase: str, colour: int) -> tuple[Concept, Concept]:
    return on_and_before(name, phrase, KIND, lambda cells: (cells.tokens == colour) & IS_CELL)


def _of_role(name: str, phrase: str, role: int) -> tuple[Concept, Concept]:
    def mask(cells: QuizCells) -> Mask:
        wanted = cells.role_colours[:, :, role]
        return (cells.tokens == wanted) & (wanted != NO_COLOUR) & IS_CELL

    return on_and_before(name, phrase, KIND, mask)


def _unlike(cells: QuizCells, distance: int) -> Mask:
    return cells.tokens != shifted(cells.tokens, distance)


def _unlike_left(cells: QuizCells) -> Mask:
    return _unlike(cells, 1) & (COLUMN > 0)


def _unlike_above(cells: QuizCells) -> Mask:
    return _unlike(cells, GRID_SIDE) & (ROW > 0)


def _unlike_grid_before(cells: QuizCells) -> Mask:
    return _unlike(cells, BLOCK_LENGTH) & (BLOCK > 0) & IS_CELL
