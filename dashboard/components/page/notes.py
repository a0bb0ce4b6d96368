"""The reader's notes on a page: read once per run, with a word where they cannot be read."""

from dataclasses import replace

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.browser_notes.storage import exchange_with_browser
from dashboard.components.page.scope import Scope
from dashboard.data.population import measurements
from dashboard.data.sharing import is_public
from dashboard.data.words.foreign_text import literal
from dashboard.notes import book
from dashboard.notes.book import NoteBook
from dashboard.notes.browser import BrowserBook
from dashboard.notes.note import Conflict, FeatureKey, Note

KEY = "notes.of_this_browser"


def note_book() -> NoteBook | BrowserBook:
    """The reader's stars, names and notes: in a file of their own, or in their browser."""
    if not is_public():
        return book.note_book()
    if KEY not in st.session_state:
        st.session_state[KEY] = BrowserBook()
    return st.session_state[KEY]


def synchronise_notes() -> None:
    """Exchange the notes with the reader's browser, where they are kept there. Once per run of a page."""
    kept = note_book()
    if isinstance(kept, BrowserBook):
        exchange_with_browser(kept)


def feature_key(scope: Scope, model_k: int, feature: int) -> FeatureKey:
    """The key under which notes on a feature are kept."""
    return FeatureKey(scope.population.name, scope.hook, model_k, feature)


def kept_notes(scope: Scope) -> list[Note]:
    """The notes on the features of a scope; none, and a word about it, when they cannot be read."""
    try:
        return note_book().notes(scope.population.name, scope.hook)
    except CultureError as error:
        st.warning(str(error), icon=":material/edit_off:", title="Your notes cannot be read")
        return []


def own_names(scope: Scope) -> dict[tuple[int, int], str]:
    """The reader's own names of features, by GPT and feature; none when the notes cannot be read."""
    try:
        notes = note_book().notes(scope.population.name, scope.hook)
    except CultureError:
        return {}
    return {(note.key.model_k, note.key.feature): note.name for note in notes if note.name}


def feature_label(scope: Scope, model_k: int, feature: int, *, markdown: bool = False) -> str:
    """What a feature is called wherever it appears: "GPT 2 · 833", and the reader's own name.

    markdown: the label is shown as Markdown, which is to leave the name as it is.
    """
    name = own_names(scope).get((model_k, feature), "")
    return named_label(model_k, feature, literal(name) if markdown else name)


def named_label(model_k: int, feature: int, name: str) -> str:
    """The same of a feature with a name of the reader's, or ""."""
    label = f"GPT {model_k} · {feature}"
    return f"{label} “{name}”" if name else label


def switch_star(scope: Scope, model_k: int, feature: int) -> None:
    """Star a feature, or take its star away."""
    try:
        kept = note_book()
        note = kept.note(feature_key(scope, model_k, feature))
        sae = measurements.sae_hash(scope.population, scope.hook, model_k)
        kept.change(replace(note, sae=sae), starred=not note.starred)
    except CultureError as error:
        st.toast(str(error), icon=":material/error:")
    except Conflict:
        st.toast("Another window has just changed this star; this is how it is now.")
