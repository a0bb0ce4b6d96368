"""What Python sends to every component that draws grids; the same shapes stand in messages.js."""

from typing import TypedDict

from culture_core.figures.style import DIGITS, GridStyle, contrast_colour, faded


class GridStyleMessage(TypedDict):
    """Colours and proportions as the browser needs them."""

    palette: list[str]
    faded: list[str]
    names: list[str]
    digits: str
    digitColours: list[str]
    fadedDigitColours: list[str]
    inkSide: float
    ink: str
    halo: str


def style_message(style: GridStyle) -> GridStyleMessage:
    """A style of grids as a message."""
    pale = [faded(colour, style.fade) for colour in style.palette]
    return {
        "palette": list(style.palette),
        "faded": pale,
        "names": list(style.names),
        "digits": DIGITS,
        "digitColours": [contrast_colour(colour) for colour in style.palette],
        "fadedDigitColours": [contrast_colour(colour) for colour in pale],
        "inkSide": style.ink_side,
        "ink": style.ink,
        "halo": style.halo,
    }
