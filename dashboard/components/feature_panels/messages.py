"""What Python tells the panels about a feature; the same shapes stand in messages.js."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from dashboard.components.web.messages import GridStyleMessage


class WordsPanel(TypedDict):
    """Something said, and a command that fills the panel, or ""."""

    kind: Literal["words"]
    title: str
    words: str
    command: str


class BarRow(TypedDict):
    """A bar: share of the longest one, a token's swatch, a line at `mark`."""

    label: str
    share: float
    text: str
    token: NotRequired[int]
    href: NotRequired[str]
    title: NotRequired[str]
    detail: NotRequired[str]
    mark: NotRequired[float]
    markTitle: NotRequired[str]


class BarsPanel(TypedDict):
    """Bars: signed to both sides, wide with long labels."""

    kind: Literal["bars"]
    title: str
    help: str
    rows: list[BarRow]
    signed: NotRequired[bool]
    wide: NotRequired[bool]


class HistogramBar(TypedDict):
    """A bar from `start` to `end`, shares of the axis; its heights as shares of the highest bar."""

    start: float
    end: float
    linear: float
    logarithmic: float
    title: str


class HistogramPanel(TypedDict):
    """A histogram on an axis from 0 to the feature's maximum."""

    kind: Literal["histogram"]
    title: str
    help: str
    bars: list[HistogramBar]
    maximum: float
    high: str
    unit: str
    alt: str


class GridMap(TypedDict):
    """A 10 x 10 map: shares of the highest cell as base64, a text for each cell."""

    label: str
    alt: str
    shares: str
    texts: list[str]


class MapsMode(TypedDict):
    """Maps of one quantity."""

    name: str
    highest: str
    maps: list[GridMap]


class MapsPanel(TypedDict):
    """Maps, one quantity at a time."""

    kind: Literal["maps"]
    title: str
    help: str
    modes: list[MapsMode]


class Badge(TypedDict):
    """A badge; its tone is "good", "kind", "poor" or ""."""

    text: str
    help: str
    tone: NotRequired[str]


class LinkRow(TypedDict):
    """A link to a page of the app; `compare` leads to both features side by side."""

    label: str
    href: str
    badges: list[Badge]
    detail: str
    compare: NotRequired[str]


class LinksPanel(TypedDict):
    """Links with badges."""

    kind: Literal["links"]
    title: str
    help: str
    rows: list[LinkRow]


class MatrixCell(TypedDict):
    """A cell; its share from -1 to 1 is its shade; with an address it is a link."""

    text: str
    share: float
    title: str
    href: NotRequired[str]


class MatrixRow(TypedDict):
    """A row of a matrix."""

    label: str
    cells: list[MatrixCell]


class MatrixPanel(TypedDict):
    """A table of shaded numbers."""

    kind: Literal["matrix"]
    title: str
    help: str
    columns: Sequence[str]
    rows: list[MatrixRow]


Panel = WordsPanel | BarsPanel | HistogramPanel | MapsPanel | LinksPanel | MatrixPanel


class PanelsMessage(TypedDict):
    """All panels of a place; width: least width of one in pixels."""

    panels: list[Panel]
    width: int
    style: GridStyleMessage
