"""How grids are shown: choices of the reader that hold on every page."""

from dataclasses import dataclass

import streamlit as st

from culture_core.figures.style import PALETTES, PUBLISHED, GridStyle


@dataclass(frozen=True)
class Display:
    """digits: the token is written on each cell; colour_key: the eleven colours are named above the grids."""

    digits: bool
    colour_key: bool


def choose_display() -> Display:
    """A button that opens the display choices."""
    with st.popover("Display", icon=":material/palette:"):
        st.segmented_control(
            "Colours",
            list(PALETTES),
            default=None if "palette" in st.session_state else PUBLISHED,
            required=True,
            key="palette",
            persist_state="session",
            help="The second set keeps all eleven apart for readers who do not see red, green or blue.",
        )
        digits = st.toggle(
            "Digits on the cells",
            key="digits",
            persist_state="session",
            help="Writes each cell's token, 0 to 9 and a, so that colours need not be told apart.",
        )
        colour_key = st.toggle("Names of the colours", key="colour_key", persist_state="session")
    return Display(digits, colour_key)


def chosen_style() -> GridStyle:
    """The style of grids with the colours the reader chose."""
    palette = st.session_state.get("palette")
    return GridStyle(palette=PALETTES.get(palette, PALETTES[PUBLISHED]))
