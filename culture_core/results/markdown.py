"""Markdown from numbers."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

MISSING = "not measured"


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of equal keys as a Markdown table; the first column is left-aligned."""
    names = list(rows[0])
    lines = [names, ["---", *("---:" for _ in names[1:])]]
    lines += [[_cell(value) for value in row.values()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    return f"{value:.3f}" if isinstance(value, float) else str(value).replace("|", "\\|")


def percent(share: float | None, digits: int = 1) -> str:
    """A share in percent, or that it was not measured."""
    return MISSING if share is None or math.isnan(share) else f"{share:.{digits}%}"


def between(values: Sequence[float], form: str = ".2f") -> str:
    """The lowest and the highest of some values, as in 0.10 to 0.20."""
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"
