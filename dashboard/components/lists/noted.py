"""The features the reader keeps notes on: a choice of a list, and the list."""

import pandas as pd
import streamlit as st

from dashboard.components.downloads.pages import Look, features_page, page_download
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.feature_list.browser import browse_features, choose_page
from dashboard.components.page import permalink
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import NOTED
from dashboard.data import tables
from dashboard.data.choices import EVERYTHING
from dashboard.data.feature.feature_filter import choose_features
from dashboard.data.feature.feature_table import for_download, with_notes
from dashboard.data.feature.noted import LIST, STARRED, noted_order
from dashboard.notes.note import Note


def choose_list(notes: list[Note]) -> list[Note]:
    """Draw the choice of a list; return its notes."""
    names = sorted({name for note in notes for name in note.lists})
    options = [EVERYTHING, STARRED, *(f"{LIST}{name}" for name in names)]
    chosen = permalink.read_choice("list", options, EVERYTHING)
    st.selectbox(
        "List",
        options,
        format_func=_list_name,
        width=320,
        **permalink.bound("list", chosen, resets=("page",)),
    )
    if chosen == EVERYTHING:
        return notes
    if chosen == STARRED:
        return [note for note in notes if note.starred]
    return [note for note in notes if chosen.removeprefix(LIST) in note.lists]


def _list_name(option: str) -> str:
    return "everything" if option == EVERYTHING else option.removeprefix(LIST)


def noted_features(scope: Scope, notes: list[Note]) -> pd.DataFrame:
    """The rows of the features table that the notes are on, in the order of the URL."""
    table = with_notes(tables.features(scope.population, scope.hook), notes)
    keys = pd.MultiIndex.from_tuples([(note.key.model_k, note.key.feature) for note in notes])
    noted = table[pd.MultiIndex.from_frame(table[["gpt", "feature"]]).isin(keys)]
    return choose_features(noted, noted_order(permalink.read_all(), table))


def notes_page(scope: Scope, rows: pd.DataFrame, look: Look) -> str:
    """The listed features as one HTML page, with what the reader wrote about each."""
    features = list(zip(rows.gpt.astype(int), rows.feature.astype(int), strict=True))
    return features_page(scope, "Features", features, rows[["name", "note"]].to_numpy().tolist(), look)


def show_notes(scope: Scope, notes: list[Note]) -> None:
    """The notes on features of this scope as a list; a word about those on others."""
    here = [n for n in notes if (n.key.population, n.key.hook) == (scope.population.name, scope.hook)]
    rows = noted_features(scope, here) if here else pd.DataFrame()
    elsewhere = len(notes) - len(rows)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"**{len(rows):,}** feature{'' if len(rows) == 1 else 's'}")
        if elsewhere:
            st.caption(f"and {elsewhere:,} of other populations, hook points or SAEs")
        st.space("stretch")
        if len(rows):
            table_downloads(lambda: for_download(rows), name="noted_features")
            page_download(scope, lambda look: notes_page(scope, rows, look), name="noted_features")
            page = choose_page(len(rows))
    if len(rows):
        order = noted_order(permalink.read_all(), rows)
        browse_features(
            scope,
            rows.iloc[page],
            kind=NOTED,
            sort=order.sort,
            up=order.up,
            notes=any(note.has_words for note in notes),
            alt="Features you keep notes on",
        )
