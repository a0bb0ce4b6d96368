"""Feature: what one feature of one GPT fires on, how often and how strongly, and who else has it."""

import streamlit as st

from dashboard.components.feature.note import show_name, star_button
from dashboard.components.feature.page import feature_links, show_feature
from dashboard.components.feature.picker import choose_feature
from dashboard.components.page.display import choose_display
from dashboard.components.page.scope import choose_scope

heading = st.container(horizontal=True, vertical_alignment="bottom")
title = heading.empty()
title.title("Feature", width="content")
with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
    scope = choose_scope()
    model_k, feature, index = choose_feature(scope)
    star_button(scope, model_k, feature)
    if not index.table.dead[feature]:
        feature_links(scope, index, model_k, feature)
title.title(f"GPT {model_k} · {feature}", width="content")
with heading:
    show_name(scope, model_k, feature)
    st.space("stretch")
    display = choose_display()
if index.table.dead[feature]:
    st.info(
        f"This feature is dead: it fires on none of the {index.n_tokens:,} tokens of the index. Next and "
        "Previous step to features that fire.",
        icon=":material/do_not_disturb_on:",
    )
else:
    show_feature(scope, index, model_k, feature, display)
