"""Notes to take away and to bring along: export, import."""

import streamlit as st

from culture_core.errors import CultureError
from dashboard.notes.book import Note, note_book
from dashboard.notes.files import from_file, to_csv, to_json

REPORT = "lists.report"


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
        counts = note_book().add(from_file(name, content))
    except CultureError as error:
        st.session_state[REPORT] = ("refused", f"Nothing was imported: {error}")
        return
    words = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    st.session_state[REPORT] = ("done", f"Imported: {words}.")
