"""A table of features on a page: sorted by its heads, a star on each row, a click opens the feature."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from culture_core.figures.style import GridStyle, quantise
from culture_core.world.vocabulary import GRID_SIDE
from dashboard.components.feature_list.messages import ColumnMessage, GridCell, ListMessage, read_action
from dashboard.components.page.display import chosen_style
from dashboard.components.web.messages import style_message
from dashboard.components.web.mount import component

N_CELLS = GRID_SIDE * GRID_SIDE
TOKEN_LETTERS = "0123456789a"

_mount = component(Path(__file__).parent)


@dataclass(frozen=True)
class Column:
    """One column: `kind` says how its cells are drawn (table_cells.js).

    kind: "star", "feature", "grid", "number", "bar", "token", "pairs" or "words". narrow: stays where there
    is little room.
    """

    name: str
    label: str
    kind: str
    help: str = ""
    sortable: bool = False
    narrow: bool = True

    def message(self) -> ColumnMessage:
        """The column as the browser needs it."""
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "help": self.help,
            "sortable": self.sortable,
            "narrow": self.narrow,
        }


def feature_list(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    sort: str = "",
    up: bool = False,
    alt: str,
    on_action: Callable[[], None],
    style: GridStyle | None = None,
) -> None:
    """Draw rows under columns; a click on a row opens its "href", a page of the app.

    rows: by column name, what its kind needs. on_action: called when the reader sorts or stars; `action`
    tells it what was done.
    sort, up: the column the rows are sorted by, and whether the smallest come first. alt: what the table is.
    """
    message: ListMessage = {
        "columns": [column.message() for column in columns],
        "rows": [dict(row) for row in rows],
        "sort": sort,
        "up": up,
        "alt": alt,
        "style": style_message(style or chosen_style()),
    }
    _mount(key=key, data=message, on_acted_change=on_action)


def action(key: str, n_rows: int, columns: Sequence[str]) -> tuple[str, str | int] | None:
    """What the reader did in the list of that key since the last run; None for what fits no row or column.

    ("star", row) or ("sort", name of a column).
    """
    return read_action(st.session_state[key].acted, n_rows, columns)


def grid_cell(tokens: np.ndarray, shares: np.ndarray) -> GridCell:
    """A 10 x 10 grid with ink, small: (100,) cells and (100,) shares of the largest activation."""
    assert len(tokens) == len(shares) == N_CELLS
    return {
        "cells": "".join(TOKEN_LETTERS[token] for token in tokens),
        "ink": base64.b64encode(quantise(shares).tobytes()).decode(),
    }
