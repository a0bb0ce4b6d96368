"""A quiz whose cells the reader paints; drawn by grid_board.js with grid_editor.js joined to it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from culture_core.figures.rows import quiz_row
from culture_core.world.vocabulary import BLOCK_LENGTH, N_COLOURS, QUIZ_LENGTH
from dashboard.components.grid_board.board import HTML, TOKEN_LETTERS, row_data, style_data
from dashboard.components.page.display import chosen_style

HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "culture_grid_editor",
    html=HTML,
    css="".join((HERE.parent / name / f"{name}.css").read_text() for name in ("grid_board", "grid_editor")),
    js="\n".join((HERE.parent / name / f"{name}.js").read_text() for name in ("grid_board", "grid_editor")),
)


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
    data = {
        "rows": [row_data(row, None)],
        "scale": None,
        "ink": False,
        "digits": digits,
        "colourKey": False,
        "legend": False,
        "rowWidth": 440,
        "maxCell": max_cell,
        "clickable": False,
        "addresses": None,
        "markers": False,
        "selected": None,
        "style": style_data(chosen_style()),
        "editing": True,
    }
    _mount(key=key, data=data, on_edited_change=partial(_tell_edit, key, row.tokens, on_edit))


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
