"""The names of the 15 tokens, as they are shown."""

from collections.abc import Collection

from culture_core.figures.rows import GRID_LABELS
from culture_core.world.vocabulary import COLOUR_NAMES, FIRST_MARKER

TOKEN_NAMES = (*COLOUR_NAMES, "marker of A", "marker of f(A)", "marker of B", "marker of f(B)")


def token_name(token: int, names: Collection[str]) -> str:
    """A token in words: a colour of `names` with its digit, or a marker."""
    if token < FIRST_MARKER:
        return f"{tuple(names)[token]} ({token:x})"
    return f"the marker of {GRID_LABELS[token - FIRST_MARKER]}"
