"""Compare: any two features of any two GPTs side by side, on the strongest quizzes of each."""

import numpy as np
import streamlit as st

from culture_core.figures.rows import GridRow
from dashboard.components.compare.pair import correlation_words, show_pair
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.feature.picker import choose_feature
from dashboard.components.feature.profile import concepts_panel, profile_panels
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.matches.columns import SHARES, FeatureColumn, show_head
from dashboard.components.page.display import choose_display
from dashboard.components.page.scope import choose_scope
from dashboard.data.population import indexes

SECOND = "2"

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Compare two features", width="content")
    scope = choose_scope()
    display = choose_display()
pickers = st.columns(2, gap="large")
with pickers[0]:
    first_k, first, first_index = choose_feature(scope)
with pickers[1]:
    second_k, second, second_index = choose_feature(scope, suffix=SECOND, beside=(first_k, first))
pair = [(first_k, first), (second_k, second)]
st.markdown(correlation_words(scope, pair[0], pair[1]))
heads = st.columns(2, gap="large")
for place, (model_k, feature) in zip(heads, pair, strict=True):
    with place:
        show_head(scope, FeatureColumn(model_k, feature, np.zeros((0, 404))))
rows: list[GridRow] = []
for words, chosen in zip(("first", "second"), pair, strict=True):
    st.header(f"On the strongest quizzes of the {words}")
    if indexes.index(scope.population, scope.hook, chosen[0]).table.dead[chosen[1]]:
        st.caption(f"GPT {chosen[0]} · {chosen[1]} is dead: it never fires.")
        continue
    rows += show_pair(scope, chosen, pair, display, key=words)
if rows:
    with st.container(horizontal=True):
        grid_downloads(rows, SHARES, name="compared_features", digits=display.digits)
st.header("Their profiles")
profiles = st.columns(2, gap="large")
for number, ((model_k, feature), index) in enumerate(zip(pair, (first_index, second_index), strict=True)):
    with profiles[number]:
        panels = [concepts_panel(scope, model_k, feature), *profile_panels(scope, index, feature)]
        feature_panels(panels, key=f"profile.{number}")
