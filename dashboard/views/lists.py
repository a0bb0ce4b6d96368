"""Lists and notes: the features that the reader starred, named, wrote about or put into lists."""

import pandas as pd
import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.feature_list.browser import browse_features, choose_page
from dashboard.components.page import permalink
from dashboard.components.page.scope import Scope, choose_scope
from dashboard.data import loaders
from dashboard.data.feature_table import FeatureFilter, choose_features, for_download, with_notes
from dashboard.data.selection import EVERYTHING
from dashboard.notes.book import Note
from dashboard.notes.files import from_file, to_csv, to_json

STARRED = "starred"
REPORT = "lists.report"


def choose_list(notes: list[Note]) -> list[Note]:
    """Draw the choice of a list; return its notes."""
    names = sorted({name for note in notes for name in note.lists})
    counts = {EVERYTHING: len(notes), STARRED: sum(note.starred for note in notes)}
    counts |= {f"list:{name}": sum(name in note.lists for note in notes) for name in names}
    chosen = permalink.read_choice("list", list(counts), EVERYTHING)
    st.selectbox(
        "List",
        list(counts),
        format_func=lambda option: f"{_list_name(option)} ({counts[option]})",
        width=320,
        **permalink.bound("list", chosen, resets=("page",)),
    )
    if chosen == EVERYTHING:
        return notes
    if chosen == STARRED:
        return [note for note in notes if note.starred]
    return [note for note in notes if chosen.removeprefix("list:") in note.lists]


def _list_name(option: str) -> str:
    return "everything" if option == EVERYTHING else option.removeprefix("list:")


def noted_features(scope: Scope, notes: list[Note]) -> pd.DataFrame:
    """The rows of the features table that the notes are on, in the order of the URL."""
    table = with_notes(loaders.feature_table(scope.population, scope.hook), notes)
    keys = pd.MultiIndex.from_tuples([(note.key.model_k, note.key.feature) for note in notes])
    noted = table[pd.MultiIndex.from_frame(table[["gpt", "feature"]]).isin(keys)]
    order = {name: value for name, value in permalink.read_all().items() if name in ("sort", "up")}
    return choose_features(noted, FeatureFilter.parse({"sort": "feature", "up": "1", **order}, table))


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
            page = choose_page(len(rows))
    if len(rows):
        order = permalink.read_all()
        browse_features(
            scope,
            rows.iloc[page],
            key="noted",
            sort=order.get("sort", "feature"),
            up=order.get("up", "1") == "1" if "sort" in order else True,
            notes=any(note.has_words for note in notes),
            alt="Features you keep notes on",
        )


def exchange(notes: list[Note]) -> None:
    """Export what is shown, import from a file."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, mime, write in (("JSON", "application/json", to_json), ("CSV", "text/csv", to_csv)):
            st.download_button(
                f"Export as {kind}",
                lambda write=write: write(notes),
                file_name=f"notes.{kind.lower()}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                disabled=not notes,
                key=f"export.{kind}",
            )
    uploaded = st.file_uploader(
        "Import notes from a JSON or CSV file; nothing you have is overwritten",
        type=["json", "csv"],
        key="import",
    )
    if uploaded is not None and st.button("Import", icon=":material/upload:", key="import.now"):
        take_in(uploaded.name, uploaded.getvalue())
        st.rerun()
    if REPORT in st.session_state:
        kind, words = st.session_state.pop(REPORT)
        (st.success if kind == "done" else st.error)(words)


def take_in(name: str, content: bytes) -> None:
    """Add the notes of a file; keep in the session what came of it."""
    try:
        counts = loaders.note_book().add(from_file(name, content))
    except CultureError as error:
        st.session_state[REPORT] = ("refused", f"Nothing was imported: {error}")
        return
    words = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    st.session_state[REPORT] = ("done", f"Imported: {words}.")


st.title("Lists and notes")
with st.container(horizontal=True, vertical_alignment="bottom"):
    scope = choose_scope()
    kept = loaders.note_book().notes()
    chosen = choose_list(kept)
if kept:
    show_notes(scope, chosen)
else:
    st.info(
        "Nothing here yet. Star a feature in the table of features, or give it a name, a note or a list on "
        "its own page.",
        icon=":material/star:",
    )
    st.page_link("views/features.py", label="To the features", icon=":material/table_rows:")
st.header("Take them with you")
exchange(chosen)
st.caption(f"They lie in {loaders.note_book().path}")
