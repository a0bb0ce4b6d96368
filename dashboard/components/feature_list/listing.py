"""A table of features on a page: sorted by its heads, a star on each row, a click opens the feature."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from culture_core.figures.style import DIGITS, GridStyle, contrast_colour, faded, quantise
from culture_core.world.vocabulary import GRID_SIDE
from dashboard.components.page.display import chosen_style

HERE = Path(__file__).parent
N_CELLS = GRID_SIDE * GRID_SIDE
TOKEN_LETTERS = "0123456789a"

_mount = st.components.v2.component(
    "culture_feature_list",
    html='<div class="root"></div>',
    css=(HERE / "feature_list.css").read_text(),
    js=(HERE.parent / "web" / "dom.js").read_text() + (HERE / "feature_list.js").read_text(),
)


@dataclass(frozen=True)
class Column:
    """One column: `kind` says how feature_list.js draws its cells.

    kind: "star", "feature", "grid", "number", "bar", "token" or "words". narrow: left out where there is
    little room.
    """

    name: str
    label: str
    kind: str
    help: str = ""
    sortable: bool = False
    narrow: bool = True


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
    data = {
        "columns": [vars(column) for column in columns],
        "rows": list(rows),
        "sort": sort,
        "up": up,
        "alt": alt,
        "style": _style_data(style or chosen_style()),
    }
    _mount(key=key, data=data, on_acted_change=on_action)


def action(key: str, n_rows: int, columns: Sequence[str]) -> tuple[str, str | int] | None:
    """What the reader did in the list of that key since the last run; None for what fits no row or column.

    ("star", row) or ("sort", name of a column).
    """
    value = st.session_state[key].acted
    return read_action(value, n_rows, columns)


def read_action(value: Any, n_rows: int, columns: Sequence[str]) -> tuple[str, str | int] | None:
    """What the browser reports as an action, checked against the rows and columns."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    what, which = next(iter(value.items()))
    if what == "sort" and which in columns:
        return what, which
    if what == "star" and isinstance(which, int | float) and 0 <= which < n_rows:
        return what, int(which)
    return None


def grid_cell(tokens: np.ndarray, shares: np.ndarray) -> dict[str, str]:
    """A 10 x 10 grid with ink, small: (100,) cells and (100,) shares of the largest activation."""
    assert len(tokens) == len(shares) == N_CELLS
    return {
        "cells": "".join(TOKEN_LETTERS[token] for token in tokens),
        "ink": base64.b64encode(quantise(shares).tobytes()).decode(),
    }


def _style_data(style: GridStyle) -> dict[str, Any]:
    return {
        "palette": style.palette,
        "faded": [faded(colour, style.fade) for colour in style.palette],
        "digits": DIGITS,
        "digitColours": [contrast_colour(colour) for colour in style.palette],
        "ink": style.ink,
        "halo": style.halo,
    }
