"""Which cell of a board was clicked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CellClick:
    """The cell that was clicked.

    row: which of the rows drawn; block: which grid of the row; position: its token in the quiz, 0..403.
    """

    row: int
    block: int
    position: int
