"""A traced answer as a picture that can be clicked; drawn by trace.js."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard.components.page.display import chosen_style
from dashboard.components.trace.messages import read_position, trace_message
from dashboard.components.web.mount import component
from dashboard.data.traces import Trace

_mount = component(Path(__file__).parent)


def trace_picture(
    traced: Trace,
    *,
    key: str,
    words: str,
    address: Mapping[str, str],
    on_cell: Callable[[int], None],
) -> None:
    """Draw the graph of an answer.

    words: the answer, as in "red over blue". address: query parameters of the GPT's Feature page, without
    hook point and feature. on_cell: called with the position of a cell of the last grid that was clicked.
    """
    message = trace_message(traced, chosen_style(), dict(address), words)
    _mount(key=key, data=message, on_cell_change=partial(_tell, key, on_cell))


def _tell(key: str, on_cell: Callable[[int], None]) -> None:
    position = read_position(st.session_state[key].cell)
    if position is not None:
        on_cell(position)
