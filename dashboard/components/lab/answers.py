"""What the GPTs answer to the quiz of the Lab, as grids."""

from collections.abc import Mapping, Sequence

import numpy as np

from culture_core.figures.rows import GridRow, answer_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import LAST_GRID
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page.display import Display
from dashboard.data.quiz.answers import GivenAnswers

CONFIDENCE = ValueScale("probability of this colour", 1.0)
WIDTH = 150


def answer_rows(tokens: np.ndarray, given: GivenAnswers, names: Sequence[str]) -> list[GridRow]:
    """The answers to a quiz (404,), one a row, where they differ from its last grid crossed."""
    rows = []
    for place, (name, predicted, probability) in enumerate(
        zip(names, given.predicted, given.probability, strict=True)
    ):
        n_wrong = int((predicted != tokens[LAST_GRID]).sum())
        verdict = "as drawn ✓" if n_wrong == 0 else f"{n_wrong} differ"
        detail = f"{verdict} · p {given.sureness(place)}"
        rows.append(answer_row(tokens, predicted, values=probability, caption=name, detail=detail))
    return rows


def answers_board(
    rows: Sequence[GridRow], display: Display, *, key: str, address: Mapping[str, str], width: int = WIDTH
) -> None:
    """Draw answers; pointing at a cell tells how probable its colour was to the GPT.

    address: query parameters of the quiz in the Cell view, where a click leads.
    """
    grid_board(
        rows,
        key=key,
        scale=CONFIDENCE,
        ink=False,
        digits=display.digits,
        colour_key=display.colour_key,
        legend=False,
        row_width=width,
        clickable=False,
        addresses=[address] * len(rows),
    )
