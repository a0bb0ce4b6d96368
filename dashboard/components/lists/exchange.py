"""Notes to take away and to bring along: export, import."""

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.page.notes import note_book
from dashboard.notes.files import from_file, to_csv, to_json
from dashboard.notes.note import Note

REPORT = "lists.report"
PROBLEMS_SHOWN = 10
TOLD = {"done": st.success, "left out": st.warning, "refused": st.error}


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
        "Import notes from a JSON or CSV file. Nothing you have is overwritten.",
        type=["json", "csv"],
        key="import",
    )
    if uploaded is not None and st.button("Import", icon=":material/upload:", key="import.now"):
        take_in(uploaded.name, uploaded.getvalue())
        st.rerun()
    for kind, words in st.session_state.pop(REPORT, []):
        TOLD[kind](words)


def take_in(name: str, content: bytes) -> None:
    """Add the notes of a file; keep in the session what came of it: a line in all, and one per entry that was
    left out."""
    try:
        notes, problems = from_file(name, content)
        counts = note_book().add(notes)
    except CultureError as error:
        st.session_state[REPORT] = [("refused", f"Nothing was imported: {error}")]
        return
    words = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    report = [("done", f"Imported: {words}.")] if notes else []
    if problems:
        report.append(("left out", "  \n".join([f"{len(problems):,} left out:", *shortened(problems)])))
    st.session_state[REPORT] = report


def shortened(problems: list[str]) -> list[str]:
    """The first problems, and how many more there are."""
    more = len(problems) - PROBLEMS_SHOWN
    return problems[:PROBLEMS_SHOWN] + ([f"and {more:,} more"] if more > 0 else [])
