"""The names of the 15 tokens, as they are shown."""

from culture_core.world.vocabulary import COLOUR_NAMES

TOKEN_NAMES = (*COLOUR_NAMES, "marker of A", "marker of f(A)", "marker of B", "marker of f(B)")
