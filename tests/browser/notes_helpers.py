"""The server's notes as a test reads them."""

from pathlib import Path

from shown_hook import shown_hook

from culture_core.artifacts import CACHE, populations
from dashboard.notes.book import NoteBook
from dashboard.notes.note import FeatureKey

REPOSITORY = Path(__file__).parents[2]


def note_book(path: Path) -> NoteBook:
    """The notes in the server's file."""
    return NoteBook(path)


def key_of(name: str) -> FeatureKey:
    """The key of a feature named as in a list: "GPT 3 · 17"."""
    population = populations(REPOSITORY / CACHE)[0]
    gpt, feature = name.removeprefix("GPT ").split(" · ")
    return FeatureKey(population.name, shown_hook(population), int(gpt), int(feature))
