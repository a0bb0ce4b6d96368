"""Universal: a feature and its match in each other GPT, side by side; what ablating them does; all groups."""

import numpy as np
import streamlit as st

from culture_core.figures.charts import r_distribution
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.feature.picker import choose_feature
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.matches.causal import causal_panels
from dashboard.components.matches.columns import (
    SHARES,
    column_rows,
    match_columns,
    show_head,
    show_own,
    show_shared,
)
from dashboard.components.matches.groups import show_groups
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.components.page.display import Display, choose_display
from dashboard.components.page.scope import Scope, choose_scope
from dashboard.data import loaders
from dashboard.data.match_words import BASELINE_WORDS

SIDE_BY_SIDE, GROUPS, BASELINES = "features", "groups", "baselines"
VIEWS = {SIDE_BY_SIDE: "Side by side", GROUPS: "All groups", BASELINES: "Beside the baselines"}
SHARED_HELP = (
    "The quizzes on which the chosen feature fires most, and what the best-correlated feature of each other "
    "GPT does on them (Pearson r over all tokens of the index). The area of a black square is the activation "
    "after reading that cell, each GPT on its own scale."
)


def show_side_by_side(scope: Scope, model_k: int, feature: int, display: Display) -> None:
    """The feature and its matches: what they are, the same quizzes, what ablating them does, their own."""
    show_group(scope, model_k, feature)
    shared, columns = match_columns(scope, model_k, feature)
    for place, column in zip(st.columns(len(columns), gap="small"), columns, strict=True):
        with place:
            show_head(scope, column)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("The same quizzes in each", width="content", help=SHARED_HELP)
        st.space("stretch")
        name = f"gpt{model_k}_feature{feature}_matches"
        grid_downloads(column_rows(scope, columns, shared), SHARES, name=name, digits=display.digits)
    for place, column in zip(st.columns(len(columns), gap="small"), columns, strict=True):
        with place:
            show_shared(scope, column, shared, display, key="shared")
    feature_panels(causal_panels(scope, model_k, feature), key="causal", width=640)
    st.subheader("The strongest quizzes of each alone")
    for place, column in zip(st.columns(len(columns), gap="small"), columns, strict=True):
        with place:
            show_own(scope, column.model_k, column.feature, display, key="own")


def show_group(scope: Scope, model_k: int, feature: int) -> None:
    """Whether the feature belongs to a group of all five."""
    matches = loaders.matches(scope.population, scope.hook)
    group = matches.group_of(model_k, feature)
    if group is None:
        st.markdown(
            ":gray-badge[no group] not all of these are each other's best matches, so they are no universal "
            "feature in the strict sense."
        )
        return
    record = matches.groups.iloc[group]
    excess = "" if np.isnan(record.excess) else f", {record.excess:+.2f} over shuffled quizzes"
    st.markdown(
        f":blue-badge[group {group}] every two of the five are each other's best match: mean r "
        f"{record.mean_r:.2f}, lowest {record.min_r:.2f}{excess}."
    )


def show_distribution(scope: Scope, model_k: int, feature: int) -> None:
    matches = loaders.matches(scope.population, scope.hook)
    mark = float(matches.universality[model_k][feature])
    firing = {
        k: ~loaders.index(scope.population, scope.hook, k).table.dead.to_numpy() for k in matches.models
    }
    baselines = {
        BASELINE_WORDS[name]: np.concatenate([r[firing[k]] for k, r in by_model.items()])
        for name, by_model in matches.baselines.items()
    }
    chart(
        r_distribution(
            {k: r[firing[k]] for k, r in matches.universality.items()},
            [(mark, f"this feature, {mark:.2f}")],
            baselines,
        ),
        f"Distribution of universality over the features of each GPT; this feature has {mark:.2f}",
        key="distribution",
    )
    words = "Over the features that fire at all. "
    if baselines:
        words += "Dotted: the best r that the same features find in a stand-in for the other GPTs."
    else:
        words += "No baseline is measured yet: position alone also makes features correlate."
    st.caption(words)
    with st.container(horizontal=True):
        table_downloads(lambda: loaders.match_tables(scope.population, scope.hook), name="universality")


st.title("Universal features")
with st.container(horizontal=True, vertical_alignment="bottom"):
    scope = choose_scope()
    model_k, feature, index = choose_feature(scope)
    view = permalink.read_choice("view", VIEWS, SIDE_BY_SIDE)
    st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        required=True,
        **permalink.bound("view", view, encode=lambda name: None if name == SIDE_BY_SIDE else name),
    )
    display = choose_display()
matches = loaders.matches(scope.population, scope.hook)
if view == GROUPS:
    show_groups(scope)
elif view == BASELINES:
    show_distribution(scope, model_k, feature)
elif index.table.dead[feature]:
    st.info(
        f"Feature {feature} of GPT {model_k} never fires, so nothing matches it.",
        icon=":material/do_not_disturb_on:",
    )
else:
    show_side_by_side(scope, model_k, feature, display)
