"""Rows of grids on a page: colours, activations, wrong cells, hover, clicks; drawn by grid_board.js."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from culture_core.figures.rows import GridRow
from culture_core.figures.style import ValueScale
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.grid_board.messages import (
    BoardMessage,
    place_message,
    read_click,
    row_message,
    scale_message,
)
from dashboard.components.page.display import chosen_style
from dashboard.components.web.messages import style_message
from dashboard.components.web.mount import component, no_answer

CELL_VIEW = "views/cell.py"

_mount = component(Path(__file__).parent)


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
    per_line: int | None = None,
    framed: int | None = None,
    min_cell: int = 7,
    max_cell: int = 16,
    clickable: bool = True,
    addresses: Sequence[Mapping[str, str]] | None = None,
    on_click: Callable[[CellClick], None] | None = None,
    markers: bool = False,
    selected: CellClick | None = None,
) -> CellClick | None:
    """Draw rows of grids in as many columns as fit; return the cell clicked since the last run.

    scale: what the rows' values stand for, shown on hover and, unless `ink` is False, as ink on the cells.
    digits: write the token on each cell. colour_key: name the eleven colours. legend: explain the marks.
    row_width: least width of a row in pixels. per_line: grids per line, instead of as many as fit. framed:
    position in the quiz at which the grid with a frame begins. max_cell: largest side of a cell in pixels;
    min_cell: a side below which a row wraps instead. clickable: report clicks; on_click: called with one
    before the script runs again. addresses: query parameters of each row's quiz in the Cell view; a click
    then keeps what is known of the cell on the screen, with a link that opens it there. markers: the marker
    tokens are drawn too, and can be chosen. selected: a cell to outline.
    """
    message: BoardMessage = {
        "rows": [row_message(row, scale) for row in rows],
        "scale": scale_message(scale),
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
        "selected": place_message(selected, rows),
        "style": style_message(chosen_style()),
        "perLine": per_line,
        "framed": framed,
    }
    return _show(key, rows, message, addresses, on_click)


def _show(
    key: str,
    rows: Sequence[GridRow],
    message: BoardMessage,
    addresses: Sequence[Mapping[str, str]] | None,
    on_click: Callable[[CellClick], None] | None,
) -> CellClick | None:
    clicked = partial(_tell_click, key, rows, on_click)
    result = _mount(key=key, data=message, on_clicked_change=clicked, on_opened_change=no_answer)
    _open_cell(read_click(result.opened, rows), addresses)
    return read_click(result.clicked, rows)


def _tell_click(key: str, rows: Sequence[GridRow], on_click: Callable[[CellClick], None] | None) -> None:
    clicked = read_click(st.session_state[key].clicked, rows)
    if clicked is not None and on_click is not None:
        on_click(clicked)


def _open_cell(opened: CellClick | None, addresses: Sequence[Mapping[str, str]] | None) -> None:
    """Go to the Cell view when the link of a cell was followed."""
    if opened is not None and addresses is not None:
        st.switch_page(CELL_VIEW, query_params={**addresses[opened.row], "position": str(opened.position)})
