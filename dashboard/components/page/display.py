"""How grids are shown: choices of the reader that hold on every page and stand in every link."""

from dataclasses import dataclass

import streamlit as st

from culture_core.figures.style import DISTINCT, PALETTES, PUBLISHED, GridStyle
from dashboard.components.page import permalink

COLOURS, DIGITS, NAMES = "colours", "digits", "names"
SAFE, ON = "safe", "1"


@dataclass(frozen=True)
class Display:
    """digits: the token is written on each cell; colour_key: the eleven colours are named above the grids."""

    digits: bool
    colour_key: bool


def choose_display() -> Display:
    """A button that opens the display choices."""
    display = Display(permalink.read(DIGITS) == ON, permalink.read(NAMES) == ON)
    with st.popover("Display", icon=":material/palette:"):
        st.segmented_control(
            "Colours",
            list(PALETTES),
            required=True,
            help="With the second set, all eleven colours can be told apart with red, green or blue "
            "colour blindness.",
            **permalink.bound(COLOURS, _palette(), encode=lambda name: SAFE if name == DISTINCT else None),
        )
        st.toggle(
            "Digits on the cells",
            help="Writes the token on each cell (0 to 9, a), so you can read grids without the colours.",
            **permalink.bound(DIGITS, display.digits, encode=_switch),
        )
        st.toggle("Names of the colours", **permalink.bound(NAMES, display.colour_key, encode=_switch))
    return display


def chosen_style() -> GridStyle:
    """The style of grids with the colours the reader chose."""
    return GridStyle(palette=PALETTES[_palette()])


def display_parameters() -> dict[str, str]:
    """The reader's display choices as query parameters; the defaults are left out."""
    meant = {COLOURS: SAFE, DIGITS: ON, NAMES: ON}
    return {name: value for name, value in meant.items() if permalink.read(name) == value}


def _palette() -> str:
    return DISTINCT if permalink.read(COLOURS) == SAFE else PUBLISHED


def _switch(on: bool) -> str | None:
    return ON if on else None
