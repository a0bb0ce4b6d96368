"""Notes in the reader's browser: what is handed over to be stored, and what comes back."""

import json

import pytest

from culture_core.errors import CultureError
from dashboard.notes.browser import BrowserBook
from dashboard.notes.note import Conflict, FeatureKey, Note

KEY = FeatureKey("p", "h", 0, 1)
OTHER = FeatureKey("p", "h", 0, 2)


@pytest.fixture
def book() -> BrowserBook:
    return BrowserBook()


def store(book: BrowserBook, storage: dict[str, str]) -> None:
    """What the browser does after a run: stores the changes, tells all it has."""
    storage.update(book.unstored())
    book.take_up(list(storage.values()))


def test_a_change_is_kept_at_once_and_comes_back_from_the_browser_as_it_was(book):
    storage: dict[str, str] = {}
    kept = book.change(book.note(KEY), name="corner", lists=("b", "a"))
    assert book.notes() == [kept] and len(book.unstored()) == 1
    store(book, storage)
    assert book.unstored() == {}
    other = BrowserBook()
    other.take_up(list(storage.values()))
    assert other.notes() == [kept]


def test_a_change_that_is_not_stored_yet_outlives_what_the_browser_tells(book):
    book.change(book.note(KEY), name="mine")
    book.take_up([])
    assert book.note(KEY).name == "mine" and len(book.unstored()) == 1


def test_what_another_window_changed_is_seen_and_not_overwritten(book):
    storage: dict[str, str] = {}
    book.change(book.note(KEY), text="first")
    store(book, storage)
    read_here = book.note(KEY)
    window = BrowserBook()
    window.take_up(list(storage.values()))
    window.change(window.note(KEY), text="second")
    store(window, storage)
    book.take_up(list(storage.values()))
    assert book.note(KEY).text == "second"
    with pytest.raises(Conflict):
        book.change(read_here, text="third")


def test_two_readers_share_nothing(book):
    book.change(book.note(KEY), starred=True)
    assert BrowserBook().notes() == []


def test_notes_are_found_by_population_and_hook_point(book):
    book.change(book.note(KEY), starred=True)
    assert len(book.notes("p", "h")) == 1
    assert book.notes("q") == book.notes("p", "g") == []


def test_notes_of_a_file_are_taken_in_all_or_none(book):
    with pytest.raises(CultureError):
        book.add([Note(KEY, name="good"), Note(OTHER, name="x" * 500)])
    assert book.notes() == []
    assert book.add([Note(KEY, name="good"), Note(OTHER, name="too")])["new"] == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "7", None, 5, json.dumps({"gpt": 1}), '{"version": "x"}'])
def test_whatever_a_browser_sends_that_is_no_note_is_passed_over(book, text):
    book.change(book.note(KEY), name="kept")
    stored = list(book.unstored().values())
    book.take_up([text, *stored])
    assert [note.name for note in book.notes()] == ["kept"]


def test_a_browser_cannot_fill_the_memory_of_the_server(book, monkeypatch):
    monkeypatch.setattr("dashboard.notes.browser.MOST_NOTES", 1)
    book.change(book.note(KEY), name="one")
    with pytest.raises(CultureError, match="at most 1 notes"):
        book.change(book.note(OTHER), name="two")
