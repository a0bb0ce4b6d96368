"""What Python tells the memory of scroll positions; the same shape stands in messages.js."""

from typing import TypedDict


class ScrollMessage(TypedDict):
    """How long to wait for a page to be drawn, in milliseconds."""

    patience: float
