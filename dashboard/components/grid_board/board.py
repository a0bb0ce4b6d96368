"""Rows of grids on a page: colours, activations, wrong cells, hover, clicks; drawn by grid_board.js."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from culture_core.figures.rows import GridRow
from culture_core.figures.style import DIGITS, GridStyle, ValueScale, contrast_colour, faded, quantise
from culture_core.world.vocabulary import BLOCK_LENGTH
from dashboard.components.page.display import chosen_style

HERE = Path(__file__).parent
CELL_VIEW = "views/cell.py"
HTML = '<div class="root"></div>'
TOKEN_LETTERS = "0123456789abcde"

_mount = st.components.v2.component(
    "culture_grid_board",
    html=HTML,
    css=(HERE / "grid_board.css").read_text(),
    js=(HERE / "grid_board.js").read_text(),
)


@dataclass(frozen=True)
class CellClick:
    """The cell that was clicked.

    row: which of the rows drawn; block: which grid of the row; position: its token in the quiz, 0..403.
    """

    row: int
    block: int
    position: int


def grid_board(
    rows: Sequence[GridRow],
    *,
    key: str,
    scale: ValueScale | None = None,
    ink: bool = True,
    digits: bool = False,
    colour_key: bool = False,
    legend: bool = True,
    row_width: int = 440,
    min_cell: int = 7,
    max_cell: int = 16,
    clickable: bool = True,
    addresses: Sequence[Mapping[str, str]] | None = None,
    on_click: Callable[[CellClick], None] | None = None,
    markers: bool = False,
    selected: CellClick | None = None,
    style: GridStyle | None = None,
) -> CellClick | None:
    """Draw rows of grids in as many columns as fit; return the cell clicked since the last run.

    scale: what the rows' values stand for; shown on hover, and as ink on the cells unless `ink` is False.
    digits: write the token on each cell. colour_key: name the eleven colours. legend: explain the marks.
    row_width: least width of a row in pixels. max_cell: largest side of a cell in pixels;
    min_cell: a side below which a row wraps instead.
    clickable: report clicks; on_click: called with one before the script runs again.
    addresses: query parameters of each row's quiz in the Cell view; a click then keeps what is known of the
    cell on the screen, with a link that opens it there.
    markers: the marker tokens are drawn too, and can be chosen. selected: a cell to outline.
    style: default the reader's choice.
    """
    data = {
        "rows": [row_data(row, scale) for row in rows],
        "scale": None if scale is None else {"name": scale.name, "maximum": float(scale.maximum)},
        "ink": ink and scale is not None,
        "digits": digits,
        "colourKey": colour_key,
        "legend": legend,
        "rowWidth": row_width,
        "minCell": min_cell,
        "maxCell": max_cell,
        "clickable": clickable,
        "addresses": None if addresses is None else [dict(address) for address in addresses],
        "markers": markers,
        "selected": None if selected is None else _selected_data(selected, rows),
        "style": style_data(style or chosen_style()),
    }
    result = _mount(
        key=key,
        data=data,
        on_clicked_change=partial(_tell_click, key, rows, on_click),
        on_opened_change=_nothing,
    )
    _open_cell(read_click(result.opened, rows), addresses)
    return read_click(result.clicked, rows)


def _nothing() -> None:
    """Streamlit reports a trigger only where it has a callback."""


def _tell_click(key: str, rows: Sequence[GridRow], on_click: Callable[[CellClick], None] | None) -> None:
    clicked = read_click(st.session_state[key].clicked, rows)
    if clicked is not None and on_click is not None:
        on_click(clicked)


def _open_cell(opened: CellClick | None, addresses: Sequence[Mapping[str, str]] | None) -> None:
    """Go to the Cell view when the link of a cell was followed."""
    if opened is not None and addresses is not None:
        st.switch_page(CELL_VIEW, query_params={**addresses[opened.row], "position": str(opened.position)})


def read_click(value: Any, rows: Sequence[GridRow]) -> CellClick | None:
    """What the browser reports as a click, checked against the rows; None for one that fits no cell."""
    try:
        row, block, offset = (int(value[name]) for name in ("row", "block", "offset"))
    except (TypeError, KeyError, ValueError):
        return None
    if not (0 <= row < len(rows) and 0 <= block < rows[row].n_blocks and 0 <= offset < BLOCK_LENGTH):
        return None
    return CellClick(row, block, rows[row].starts[block] + offset)


def row_data(row: GridRow, scale: ValueScale | None) -> dict[str, Any]:
    """What the browser needs of a row, as JSON: about 1 kB a quiz."""
    data: dict[str, Any] = {
        "cells": "".join(TOKEN_LETTERS[token] for token in row.tokens),
        "labels": row.labels,
        "links": row.links,
        "starts": row.starts,
        "caption": row.caption,
        "detail": row.detail,
    }
    if scale is not None and row.values is not None:
        data["values"] = base64.b64encode(quantise(scale.shares(row.values)).tobytes()).decode()
        data["valued"] = row.valued.tolist()
    if row.probability is not None:
        data["probability"] = base64.b64encode(_percentages(row.probability).tobytes()).decode()
    if row.truth is not None:
        data["wrong"] = _differences(row.tokens, row.truth)
    if row.clean is not None:
        data["noise"] = _differences(row.tokens, row.clean)
    return data


def _percentages(probability: np.ndarray) -> np.ndarray:
    """Probabilities as whole percentages, uint8; 255 where there is none."""
    return np.where(np.isnan(probability), 255, np.round(np.nan_to_num(probability) * 100)).astype(np.uint8)


def _differences(tokens: np.ndarray, other: np.ndarray) -> list[list[int]]:
    """[place, other token] wherever the two differ."""
    return [[int(i), int(other[i])] for i in np.flatnonzero(tokens != other)]


def _selected_data(selected: CellClick, rows: Sequence[GridRow]) -> dict[str, int] | None:
    if not (0 <= selected.row < len(rows) and 0 <= selected.block < rows[selected.row].n_blocks):
        return None
    offset = selected.position - rows[selected.row].starts[selected.block]
    return {"row": selected.row, "block": selected.block, "offset": offset}


def style_data(style: GridStyle) -> dict[str, Any]:
    """Colours and proportions as the browser needs them."""
    faded_palette = [faded(colour, style.fade) for colour in style.palette]
    return {
        "palette": style.palette,
        "faded": faded_palette,
        "names": style.names,
        "digits": DIGITS,
        "digitColours": [contrast_colour(colour) for colour in style.palette],
        "fadedDigitColours": [contrast_colour(colour) for colour in faded_palette],
        "inkSide": style.ink_side,
        "ink": style.ink,
        "halo": style.halo,
    }
