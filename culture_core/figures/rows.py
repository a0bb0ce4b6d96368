"""What is drawn: grids in a row, and what is shown on their cells. How is for grids.py and the dashboard.

A block is one marker token and the 100 cells behind it; a row of b blocks has arrays of b * 101 entries.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from culture_core.errors import CultureError
from culture_core.world.vocabulary import (
    BLOCK_LENGTH,
    FIRST_MARKER,
    GRID_SIDE,
    N_GRIDS,
    N_TOKENS,
    QUIZ_LENGTH,
)

GRID_LABELS = ("A", "f(A)", "B", "f(B)")
BAR = "bar"
ANSWER_START = QUIZ_LENGTH - BLOCK_LENGTH


@dataclass(frozen=True)
class GridRow:
    """Grids drawn side by side: the four of a quiz, or several answers to one.

    tokens: (b * 101,) uint8 tokens, every block's marker in front of its cells.
    labels: b names, drawn above the grids.
    links: b - 1 signs between neighbours: "right" or "left" for the rule's arrow, "bar" for a line, or "".
    starts: b positions in the quiz, of each block's marker.
    values: (b * 101,) float of any scale, drawn as ink on the cells; NaN is nothing; None draws none.
    truth: (b * 101,) uint8; where it differs from `tokens` the cell is marked as wrong; None marks none.
    clean: (b * 101,) uint8 tokens before prompt noise; where it differs the cell is named as noise on hover.
    probability: (b * 101,) float in 0..1 of the right token to a GPT, told on hover; NaN is nothing.
    caption, detail: a heading above the row, and a quieter line behind it.
    """

    tokens: np.ndarray
    labels: tuple[str, ...]
    links: tuple[str, ...]
    starts: tuple[int, ...]
    values: np.ndarray | None = None
    truth: np.ndarray | None = None
    clean: np.ndarray | None = None
    probability: np.ndarray | None = None
    caption: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        n_blocks = len(self.labels)
        if len(self.links) != n_blocks - 1 or len(self.starts) != n_blocks:
            raise CultureError(f"a row of {n_blocks} grids needs {n_blocks - 1} links and {n_blocks} starts")
        for name in ("tokens", "values", "truth", "clean", "probability"):
            array = getattr(self, name)
            if array is not None and array.shape != (n_blocks * BLOCK_LENGTH,):
                raise CultureError(f"{name} of {n_blocks} grids has shape {array.shape}")
        if self.tokens.max() >= N_TOKENS:
            raise CultureError(f"tokens are 0 to {N_TOKENS - 1}, this row has {self.tokens.max()}")

    @property
    def n_blocks(self) -> int:
        return len(self.labels)

    @property
    def valued(self) -> np.ndarray:
        """(b,) bool: the grids that have values at all."""
        if self.values is None:
            return np.zeros(self.n_blocks, dtype=bool)
        return ~np.isnan(self.values).reshape(-1, BLOCK_LENGTH).all(1)


def quiz_row(
    tokens: np.ndarray,
    *,
    values: np.ndarray | None = None,
    clean: np.ndarray | None = None,
    probability: np.ndarray | None = None,
    caption: str = "",
    detail: str = "",
) -> GridRow:
    """The row of one quiz, its four grids in the order of its structure.

    tokens: (404,) uint8; values: (404,) float or None; clean: (404,) uint8 tokens before noise or None;
    probability: (404,) float of the right token, or None.
    Errors: CultureError when the markers are not the four of a quiz.
    """
    markers = np.asarray(tokens)[::BLOCK_LENGTH].astype(int)
    if sorted(markers) != list(range(FIRST_MARKER, FIRST_MARKER + N_GRIDS)):
        raise CultureError(f"these tokens are not a quiz: their markers are {markers.tolist()}")
    grids = [int(marker) - FIRST_MARKER for marker in markers]
    return GridRow(
        tokens=np.asarray(tokens, dtype=np.uint8),
        labels=tuple(GRID_LABELS[grid] for grid in grids),
        links=tuple(_link(left, right) for left, right in itertools.pairwise(grids)),
        starts=tuple(range(0, QUIZ_LENGTH, BLOCK_LENGTH)),
        values=values,
        clean=clean,
        probability=probability,
        caption=caption,
        detail=detail,
    )


def in_pairs(row: GridRow) -> GridRow:
    """The row of a quiz with its grids as A, f(A), B, f(B), each label behind its number in the order of
    reading."""
    order = sorted(range(row.n_blocks), key=lambda block: GRID_LABELS.index(row.labels[block]))
    cells = np.add.outer(np.array(order) * BLOCK_LENGTH, np.arange(BLOCK_LENGTH)).ravel()

    def ordered(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else array[cells]

    return replace(
        row,
        tokens=row.tokens[cells],
        values=ordered(row.values),
        truth=ordered(row.truth),
        clean=ordered(row.clean),
        probability=ordered(row.probability),
        labels=tuple(f"{block + 1} · {row.labels[block]}" for block in order),
        links=("right", "", "right"),
        starts=tuple(row.starts[block] for block in order),
    )


def _link(left: int, right: int) -> str:
    """Where the rule's arrow between two neighbouring grids points, "" when they are not a pair X, f(X)."""
    if left // 2 != right // 2:
        return ""
    return "right" if left < right else "left"


def answered_row(
    tokens: np.ndarray,
    answers: np.ndarray,
    labels: Sequence[str],
    *,
    values: np.ndarray | None = None,
    probability: np.ndarray | None = None,
    clean: np.ndarray | None = None,
    caption: str = "",
    detail: str = "",
) -> GridRow:
    """A quiz and, behind its true last grid, the answers given to it, wrong cells marked.

    tokens: (404,) uint8; answers: (m, 100) uint8 cells of the last grid; labels: m names;
    values: (m, 100) float of the answers' cells, or None; probability: (m, 100) of the right token of each,
    or None; clean: as in `quiz_row`.
    """
    quiz = quiz_row(tokens, clean=clean, caption=caption, detail=detail)
    m = len(answers)
    markers = np.full((m, 1), quiz.tokens[ANSWER_START], dtype=np.uint8)
    answered = np.hstack([markers, np.asarray(answers, dtype=np.uint8)]).ravel()
    return replace(
        quiz,
        tokens=np.concatenate([quiz.tokens, answered]),
        labels=(*quiz.labels, *labels),
        links=(*quiz.links, BAR, *("",) * (m - 1)),
        starts=(*quiz.starts, *(ANSWER_START,) * m),
        values=None if values is None else _behind_quiz(values),
        probability=None if probability is None else _behind_quiz(probability),
        truth=np.concatenate([quiz.tokens, np.tile(quiz.tokens[ANSWER_START:], m)]),
        clean=None if quiz.clean is None else np.concatenate([quiz.clean, answered]),
    )


def answer_row(
    tokens: np.ndarray,
    answer: np.ndarray,
    *,
    values: np.ndarray | None = None,
    probability: np.ndarray | None = None,
    caption: str = "",
    detail: str = "",
) -> GridRow:
    """One answer to a quiz alone: its last grid, wrong cells marked.

    tokens: (404,) uint8 of the quiz; answer: (100,) uint8 cells; values, probability: (100,) float or None.
    """
    grids = quiz_row(tokens)
    truth = grids.tokens[ANSWER_START:]
    return GridRow(
        tokens=np.concatenate([truth[:1], np.asarray(answer, dtype=np.uint8)]),
        labels=grids.labels[-1:],
        links=(),
        starts=(ANSWER_START,),
        values=None if values is None else np.concatenate([[np.nan], values]),
        truth=truth,
        probability=None if probability is None else np.concatenate([[np.nan], probability]),
        caption=caption,
        detail=detail,
    )


def _behind_quiz(values: np.ndarray) -> np.ndarray:
    """(m, 100) values of answers as values of a whole row: NaN, nothing, on the quiz and on the markers."""
    padded = np.full((len(values), BLOCK_LENGTH), np.nan, dtype=np.float32)
    padded[:, 1:] = values
    return np.concatenate([np.full(QUIZ_LENGTH, np.nan, dtype=np.float32), padded.ravel()])


def position_name(position: int, labels: Sequence[str] = GRID_LABELS) -> str:
    """Name a quiz position in words: the grid, and the row and column counted from 0.

    labels: names of the four grids in the quiz's order.
    """
    block, offset = divmod(position, BLOCK_LENGTH)
    if offset == 0:
        return f"the marker of {labels[block]}"
    row, column = divmod(offset - 1, GRID_SIDE)
    return f"{labels[block]}, row {row}, column {column}"
