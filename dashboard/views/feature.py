"""Feature: what one feature of one GPT fires on, how often and how strongly, and who else has it."""

import streamlit as st

from dashboard.components.feature.note import star_button
from dashboard.components.feature.page import show_feature
from dashboard.components.feature.picker import choose_feature
from dashboard.components.page.display import choose_display
from dashboard.components.page.scope import choose_scope

st.title("Feature")
with st.container(horizontal=True, vertical_alignment="bottom"):
    scope = choose_scope()
    model_k, feature, index = choose_feature(scope)
    star_button(scope, model_k, feature)
    display = choose_display()
if index.table.dead[feature]:
    st.info(
        f"Feature {feature} of GPT {model_k} is dead: it fires on none of the {index.n_tokens:,} tokens of "
        "the index. Next and Previous step to features that fire.",
        icon=":material/do_not_disturb_on:",
    )
else:
    show_feature(scope, index, model_k, feature, display)
