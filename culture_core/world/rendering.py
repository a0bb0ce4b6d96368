"""Quizzes as text for a terminal."""

import torch
from torch import Tensor

from culture_core.world.vocabulary import (
    BLOCK_LENGTH,
    COLOUR_RGB,
    FIRST_MARKER,
    GRID_NAMES,
    GRID_SIDE,
    N_COLOURS,
    N_TOKENS,
)

_DIGITS = ".123456789a"
_NO_CELL = " "
_NOT_A_COLOUR = "?"
_GAP = "   "
_RESET = "\x1b[0m"


def repr_grid(tokens: Tensor | list[int], colour: bool = True) -> str:
    """The grids of a quiz, or of the beginning of one, side by side under their names.

    tokens: (t,) ints, t <= 404; the 0 that models are given in front is left out. A token in a cell that is
    no colour shows as "?".
    colour: blocks in ANSI 24-bit colours; else one character a cell, "." for the background, 1 .. 9, a.
    """
    values = torch.as_tensor(tokens).flatten().tolist()
    if len(values) > 1 and values[0] == 0 and values[1] >= FIRST_MARKER:
        values = values[1:]
    grids = [values[first : first + BLOCK_LENGTH] for first in range(0, len(values), BLOCK_LENGTH)]
    columns = [_column(grid, colour) for grid in grids]
    return "\n".join(_GAP.join(lines).rstrip() for lines in zip(*columns, strict=True))


def _column(block: list[int], colour: bool) -> list[str]:
    """A block's name and its ten rows, all equally wide on screen."""
    show = _block if colour else _character
    marker, cells = block[0], block[1:]
    width = GRID_SIDE * (2 if colour else 1)
    name = GRID_NAMES[marker - FIRST_MARKER] if FIRST_MARKER <= marker < N_TOKENS else _NOT_A_COLOUR
    padded = [show(cell) for cell in cells] + [show(None)] * (BLOCK_LENGTH - 1 - len(cells))
    rows = ["".join(padded[first : first + GRID_SIDE]) for first in range(0, len(padded), GRID_SIDE)]
    return [name.ljust(width), *rows]


def _character(cell: int | None) -> str:
    if cell is None:
        return _NO_CELL
    return _DIGITS[cell] if 0 <= cell < N_COLOURS else _NOT_A_COLOUR


def _block(cell: int | None) -> str:
    if cell is None or not 0 <= cell < N_COLOURS:
        return 2 * (_NO_CELL if cell is None else _NOT_A_COLOUR)
    red, green, blue = COLOUR_RGB[cell]
    return f"\x1b[48;2;{red};{green};{blue}m  {_RESET}"
