"""Tables of which the URL says what row is selected."""

from typing import Any

import streamlit as st


def selected_row(key: str, row: int | None) -> dict[str, Any]:
    """Arguments of a dataframe that select one row, or none, whatever was selected before.

    A table keeps what the reader selected in it, and its default holds only when it is drawn first.
    """
    state = {"selection": {"rows": [] if row is None else [row]}}
    if key in st.session_state and _rows(key) != state["selection"]["rows"]:
        st.session_state[key] = state
    return {"key": key, "selection_mode": "single-row", "selection_default": state}


def row_selected_by_reader(key: str, n_rows: int) -> int | None:
    """The row that the reader selected in the table of that key; None for none. For callbacks."""
    rows = _rows(key)
    return rows[0] if rows and rows[0] < n_rows else None


def _rows(key: str) -> list[int]:
    return list(st.session_state[key]["selection"]["rows"])
