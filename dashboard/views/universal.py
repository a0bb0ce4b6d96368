"""Universal: a feature and its match in each other GPT, side by side; what ablating them does; all groups."""

import streamlit as st

from dashboard.components.feature.picker import choose_feature
from dashboard.components.matches.culture import show_culture
from dashboard.components.matches.distribution import show_distribution
from dashboard.components.matches.groups import show_groups
from dashboard.components.matches.measures import show_measures
from dashboard.components.matches.sharing import show_sharing
from dashboard.components.matches.side_by_side import show_side_by_side
from dashboard.components.page import permalink
from dashboard.components.page.display import choose_display
from dashboard.components.page.scope import choose_population, choose_scope
from dashboard.data.universal import universality

SIDE_BY_SIDE, GROUPS, SHARING, BASELINES = "features", "groups", "sharing", "baselines"
MEASURES, CULTURE = "measures", "culture"
VIEWS = {
    SIDE_BY_SIDE: "Side by side",
    GROUPS: "All groups",
    SHARING: "Who shares what",
    BASELINES: "Beside the baselines",
    MEASURES: "Other measures",
    CULTURE: "After culture",
}

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Universal features", width="content")
    display = choose_display()
view = permalink.read_choice("view", VIEWS, SIDE_BY_SIDE)
with st.container(horizontal=True, vertical_alignment="bottom"):
    if view == CULTURE:
        population = choose_population()
    else:
        scope = choose_scope()
        model_k, feature, index = choose_feature(scope)
        universality.matches(scope.population, scope.hook)  # told once where there are none
    st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        required=True,
        **permalink.bound("view", view, encode=lambda name: None if name == SIDE_BY_SIDE else name),
    )
if view == CULTURE:
    show_culture(population)
elif view == GROUPS:
    show_groups(scope)
elif view == SHARING:
    show_sharing(scope)
elif view == BASELINES:
    show_distribution(scope, model_k, feature)
elif view == MEASURES:
    show_measures(scope, model_k, feature, display)
elif index.table.dead[feature]:
    st.info(
        f"Feature {feature} of GPT {model_k} never fires, so nothing matches it.",
        icon=":material/do_not_disturb_on:",
    )
else:
    show_side_by_side(scope, model_k, feature, display)
