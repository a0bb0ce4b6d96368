"""A quiz whose cells the reader paints: a grid board with a palette; drawn by grid_editor.js."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from culture_core.figures.rows import quiz_row
from culture_core.world.vocabulary import BLOCK_LENGTH, N_COLOURS, QUIZ_LENGTH
from dashboard.components.grid_board.messages import TOKEN_LETTERS, BoardMessage, row_message
from dashboard.components.page.display import chosen_style
from dashboard.components.web.messages import style_message
from dashboard.components.web.mount import component

HERE = Path(__file__).parent
ROW_WIDTH = 440

_mount = component(HERE, styles=[HERE.parent / "grid_board" / "grid_board.css"])


def grid_editor(
    tokens: np.ndarray,
    on_edit: Callable[[np.ndarray], None],
    *,
    key: str,
    digits: bool = False,
    max_cell: int = 22,
) -> None:
    """Draw the four grids of a quiz (404,) with a palette; `on_edit` is called with the quiz as painted,
    before the script runs again."""
    row = quiz_row(tokens)
    message: BoardMessage = {
        "rows": [row_message(row, None)],
        "scale": None,
        "ink": False,
        "digits": digits,
        "colourKey": False,
        "legend": False,
        "rowWidth": ROW_WIDTH,
        "minCell": max_cell,
        "maxCell": max_cell,
        "clickable": False,
        "addresses": None,
        "markers": False,
        "selected": None,
        "style": style_message(chosen_style()),
    }
    _mount(key=key, data=message, on_edited_change=partial(_tell_edit, key, row.tokens, on_edit))


def _tell_edit(key: str, before: np.ndarray, on_edit: Callable[[np.ndarray], None]) -> None:
    tokens = read_edit(st.session_state[key].edited, before)
    if tokens is not None:
        on_edit(tokens)


def read_edit(value: Any, before: np.ndarray) -> np.ndarray | None:
    """The quiz (404,) that the browser reports, checked; None unless it is the quiz before, `before`, with
    other colours."""
    if not isinstance(value, str) or len(value) != QUIZ_LENGTH or not set(value) <= set(TOKEN_LETTERS):
        return None
    tokens = np.array([TOKEN_LETTERS.index(letter) for letter in value], dtype=np.uint8)
    cells = np.arange(QUIZ_LENGTH) % BLOCK_LENGTH != 0
    if (tokens[~cells] != before[~cells]).any() or (tokens[cells] >= N_COLOURS).any():
        return None
    return tokens
