"""How grids look, shared by the drawings made here and by the dashboard's own."""

from dataclasses import dataclass

import numpy as np

from culture_core.world.vocabulary import COLOUR_NAMES, COLOUR_RGB

PUBLISHED_PALETTE = tuple("#{:02x}{:02x}{:02x}".format(*rgb) for rgb in COLOUR_RGB)
# found by search: the same names fit, and any two colours stay at least 17 apart (CIEDE2000) to readers
# without red, green or blue receptors; published ones come as near as 5 (tests/figures/test_palettes.py)
DISTINCT_PALETTE = (
    *("#ffffff", "#e40000", "#068a5e", "#050466", "#ffdf00", "#5ad9ff"),
    *("#954295", "#adcc97", "#541100", "#8383ff", "#4c484b"),
)
PUBLISHED, DISTINCT = "published", "colour-blind safe"
PALETTES = {PUBLISHED: PUBLISHED_PALETTE, DISTINCT: DISTINCT_PALETTE}
DIGITS = "0123456789a"


@dataclass(frozen=True)
class GridStyle:
    """Proportions and colours of a drawn grid.

    palette, names: hex colour and name of each of the 11 cell colours.
    fade: how far a cell without activation is mixed with white when activations are drawn, 0 to 1.
    ink_side: side of the ink square of the largest value, as a share of the cell; the area is proportional.
    ink, halo: colours of that square and of the line around it, readable on all 11 colours.
    """

    palette: tuple[str, ...] = PUBLISHED_PALETTE
    names: tuple[str, ...] = COLOUR_NAMES
    fade: float = 0.45
    ink_side: float = 0.74
    ink: str = "#14121f"
    halo: str = "#ffffff"


@dataclass(frozen=True)
class ValueScale:
    """What the ink on the cells shows.

    name: the quantity, such as "activation"; maximum: the value drawn as the largest square (> 0).
    """

    name: str
    maximum: float

    def shares(self, values: np.ndarray) -> np.ndarray:
        """Values as shares of the maximum, (n,) float in 0..1; NaN becomes 0."""
        shares = np.asarray(values, dtype=np.float32) / max(self.maximum, 1e-12)
        return np.clip(np.nan_to_num(shares, nan=0.0), 0.0, 1.0)


def quantise(shares: np.ndarray) -> np.ndarray:
    """Shares in 0..1 as uint8 in 0..255; a share above 0 never becomes 0."""
    return np.ceil(np.asarray(shares) * 255.0 - 0.5).clip(min=np.asarray(shares) > 0).astype(np.uint8)


def contrast_colour(hex_colour: str) -> str:
    """Black or white, whichever is easier to read on a colour (relative luminance of WCAG 2)."""
    channels = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


def faded(hex_colour: str, amount: float) -> str:
    """A colour mixed with white: amount 0 leaves it, 1 makes it white."""
    channels = [int(hex_colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(c + (255 - c) * amount):02x}" for c in channels)
