"""A traced answer as a picture that can be clicked; drawn by trace.js."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard.components.page.display import chosen_style
from dashboard.components.trace.messages import read_asked_change, read_position, trace_message
from dashboard.components.web.mount import component
from dashboard.data.circuit.traces import Trace

_mount = component(Path(__file__).parent)


def trace_picture(
    traced: Trace,
    *,
    key: str,
    words: str,
    address: Mapping[str, str],
    names: Mapping[tuple[int, int], str],
    on_cell: Callable[[int], None],
    on_change: Callable[[str], None],
) -> None:
    """Draw the graph of an answer.

    words: the answer, as in "red over blue". address: query parameters of the GPT's Feature page, without
    hook point and feature. names: the reader's own names of features, by block and feature.
    on_cell: called with the position of a cell of the last grid that was clicked. on_change: called with a
    supernode and the factor that it is to be multiplied by, as in "12x0".
    """
    message = trace_message(traced, chosen_style(), dict(address), words, names)
    n_groups = int(traced.groups.max()) + 1
    _mount(
        key=key,
        data=message,
        on_cell_change=partial(_tell_cell, key, on_cell),
        on_change_change=partial(_tell_change, key, n_groups, on_change),
    )


def _tell_cell(key: str, on_cell: Callable[[int], None]) -> None:
    position = read_position(st.session_state[key].cell)
    if position is not None:
        on_cell(position)


def _tell_change(key: str, n_groups: int, on_change: Callable[[str], None]) -> None:
    asked = read_asked_change(st.session_state[key].change, n_groups)
    if asked is not None:
        on_change(asked)
