"""Plotly figures on a page: themed by Streamlit, without the toolbar, with alt text."""

from typing import Any

import streamlit as st

CONFIG = {"displayModeBar": False, "scrollZoom": False}


def chart(figure: Any, alt: str, *, key: str) -> None:
    """Show a figure over the full width; `alt` says in words what it shows."""
    st.plotly_chart(figure, theme="streamlit", config=CONFIG, alt=alt, key=key)
