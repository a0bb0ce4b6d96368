"""What Python and a table of features tell each other; the same shapes stand in messages.js."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from dashboard.components.web.messages import GridStyleMessage


class ColumnMessage(TypedDict):
    """A column: `kind` says how its cells are drawn."""

    name: str
    label: str
    kind: str
    help: str
    sortable: bool
    narrow: bool


class GridCell(TypedDict):
    """A 10 x 10 grid, small: a letter per token; shares of the largest value as base64."""

    cells: str
    ink: str


class BarCell(TypedDict):
    """A number from 0 to 1 with a bar; `mark` is a line on it."""

    share: float
    text: str
    help: str
    mark: NotRequired[float]


class TokenCell(TypedDict):
    """A token with its colour."""

    index: int
    name: str
    text: str


class PairCell(TypedDict):
    """How well the best match in one GPT fits: its r; None in the feature's own GPT."""

    gpt: int
    r: float | None


class ListMessage(TypedDict):
    """A whole table."""

    columns: list[ColumnMessage]
    rows: list[dict[str, Any]]
    sort: str
    up: bool
    alt: str
    style: GridStyleMessage


class ListAction(TypedDict, total=False):
    """What the reader did: a column to sort by, or a row to star."""

    sort: str
    star: int


def read_action(value: Any, n_rows: int, columns: Sequence[str]) -> tuple[str, str | int] | None:
    """What the browser reports as an action, checked against the rows and columns: ("star", row) or
    ("sort", name of a column)."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    what, which = next(iter(value.items()))
    if what == "sort" and which in columns:
        return what, which
    if what == "star" and isinstance(which, int | float) and 0 <= which < n_rows:
        return what, int(which)
    return None
