"""Lists and notes: the features that the reader starred, named, wrote about or put into lists."""

import streamlit as st

from dashboard.components.lists.exchange import exchange
from dashboard.components.lists.noted import choose_list, show_notes
from dashboard.components.page.notes import note_book
from dashboard.components.page.scope import choose_scope

st.title("Lists and notes")
with st.container(horizontal=True, vertical_alignment="bottom"):
    scope = choose_scope()
    kept = note_book().notes()
    chosen = choose_list(kept)
if kept:
    show_notes(scope, chosen)
else:
    st.info(
        "Nothing here yet. Star a feature in the table of features, or open it to give it a name, a note or "
        "a list.",
        icon=":material/star:",
    )
    st.page_link(
        "views/features.py",
        label="To the features",
        icon=":material/table_rows:",
        query_params=scope.link(),
    )
st.header("Take them with you")
exchange(chosen)
st.caption(f"Your notes are {note_book().place}.")
