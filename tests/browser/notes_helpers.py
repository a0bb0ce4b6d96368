"""The server's notes as a test reads them."""

import sys
from pathlib import Path

from culture_core.artifacts import CACHE, populations

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "dashboard"))

from notes import FeatureKey, NoteBook  # noqa: E402 - dashboard/ is on the path now


def note_book(path: Path) -> NoteBook:
    """The notes in the server's file."""
    return NoteBook(path)


def key_of(name: str) -> FeatureKey:
    """The key of a feature named as in a list: "GPT 3 · 17"."""
    population = populations(REPOSITORY / CACHE)[0]
    gpt, feature = name.removeprefix("GPT ").split(" · ")
    return FeatureKey(population.name, population.hooks()[0], int(gpt), int(feature))
