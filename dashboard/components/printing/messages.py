"""What Python tells the printing of pages; the same shape stands in messages.js."""

from typing import TypedDict


class PaperMessage(TypedDict):
    """The width of the paper, in pixels of CSS."""

    width: float
