"""The reader's notes on a page: read once a run, told when they cannot be."""

from dataclasses import replace

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.page.scope import Scope
from dashboard.data import measurements
from dashboard.notes.book import FeatureKey, Note, note_book


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


def switch_star(scope: Scope, model_k: int, feature: int) -> None:
    """Star a feature, or take its star away."""
    book = note_book()
    key = feature_key(scope, model_k, feature)
    note = replace(book.note(key), sae=measurements.sae_hash(scope.population, scope.hook, model_k))
    try:
        book.change(note, starred=not note.starred)
    except CultureError as error:
        st.toast(str(error), icon=":material/error:")
