"""Features: one table over the features of all GPTs, filtered and sorted; a click opens one."""

import streamlit as st

from dashboard.components.downloads.tables import table_downloads
from dashboard.components.feature_list.browser import browse_features, choose_page
from dashboard.components.feature_list.filters import choose_filters, clear_filters
from dashboard.components.feature_list.map import choose_map, show_map
from dashboard.components.page.notes import kept_notes
from dashboard.components.page.scope import choose_scope
from dashboard.components.page.within import FEATURES
from dashboard.data import tables
from dashboard.data.feature.feature_filter import choose_features
from dashboard.data.feature.feature_table import for_download, with_notes

st.title("Features")
with st.container(horizontal=True, vertical_alignment="bottom"):
    scope = choose_scope()
notes = kept_notes(scope)
table = with_notes(tables.features(scope.population, scope.hook), notes)
chosen = choose_filters(table, sorted({name for note in notes for name in note.lists}))
found = choose_features(table, chosen)
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.markdown(f"**{len(found):,}** of {len(table):,} features")
    st.space("stretch")
    if chosen.n_set():
        st.button("Clear the filters", icon=":material/filter_alt_off:", key="clear", on_click=clear_filters)
    mapped = choose_map(table)
    table_downloads(lambda: for_download(found), name="features")
    page = choose_page(len(found))
if mapped and len(found):
    show_map(found)
if len(found) == 0:
    st.info("No feature passes these filters. Take one away.", icon=":material/filter_alt_off:")
else:
    browse_features(
        scope,
        found.iloc[page],
        kind=FEATURES,
        sort=chosen.order(table),
        up=chosen.up,
        notes=any(note.has_words for note in notes),
        alt="Features that pass the filters",
    )
