"""A feature and its match in each other GPT, side by side."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from culture_core.universality.matching.store import MatchReader
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.downloads.pages import Look, features_page, page_download
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.grid_board.board import grid_board
from dashboard.components.matches.causal import causal_panels
from dashboard.components.matches.columns import (
    SHARES,
    FeatureColumn,
    column_rows,
    match_columns,
    show_head,
    show_own,
    show_shared,
)
from dashboard.components.matches.one_quiz import choose_quiz, show_one_quiz
from dashboard.components.page.display import Display
from dashboard.components.page.glossary import explained
from dashboard.components.page.scope import Scope
from dashboard.data.universal import universality
from dashboard.data.universal.group_table import members_of

SHARED_HELP = (
    "The quizzes on which the chosen feature fires most, and what the best-correlated feature of each other "
    "GPT does on them (Pearson r over all tokens of the index). The area of a black square is the activation "
    "after reading that cell, each GPT on its own scale."
)


def show_side_by_side(scope: Scope, model_k: int, feature: int, display: Display) -> None:
    """The feature and its matches: what they are, the same quizzes, what ablating them does, their own."""
    show_group(scope, model_k, feature)
    explained("r", "excess", "partial r", "r0, r1, r2", "c0, c1, c2", "second grid", "layout")
    shared, columns = match_columns(scope, model_k, feature)
    for place, column in zip(st.columns(len(columns), gap="small"), columns, strict=True):
        with place:
            show_head(scope, column, beside=(model_k, feature))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("The same quizzes in each", width="content", help=SHARED_HELP)
        quiz = choose_quiz(scope, model_k, shared)
        st.space("stretch")
        name = f"gpt{model_k}_feature{feature}_matches"
        grid_downloads(column_rows(scope, columns, shared, quiz), SHARES, name=name, digits=display.digits)
        page_download(scope, lambda look: columns_page(scope, (model_k, feature), columns, look), name=name)
    if quiz is None:
        show_key(display)
        for place, column in zip(st.columns(len(columns), gap="small"), columns, strict=True):
            with place:
                show_shared(scope, column, shared, display, key="shared")
    else:
        show_one_quiz(scope, columns, shared, quiz, display)
    feature_panels(causal_panels(scope, model_k, feature), key="causal", width=640)
    st.subheader("The strongest quizzes of each alone")
    for place, column in zip(st.columns(len(columns), gap="small"), columns, strict=True):
        with place:
            show_own(scope, column.model_k, column.feature, display, key="own")


def columns_page(scope: Scope, chosen: tuple[int, int], columns: Sequence[FeatureColumn], look: Look) -> str:
    """A feature and its matches as one HTML page."""
    features = [(column.model_k, column.feature) for column in columns]
    words = [["; ".join(badge["text"] for badge in column.badges)] for column in columns]
    return features_page(scope, f"GPT {chosen[0]} · {chosen[1]} and its matches", features, words, look)


def show_key(display: Display) -> None:
    """What the marks on all of the grids below mean."""
    st.caption(
        "Grids stand in pairs; the numbers before their names say in which order the GPT reads them. The "
        "framed grid, read last, is the answer."
    )
    grid_board([], key="key", scale=SHARES, colour_key=display.colour_key)


def show_group(scope: Scope, model_k: int, feature: int) -> None:
    """Which group the feature belongs to: of all GPTs, or of some."""
    matches = universality.matches(scope.population, scope.hook)
    group = matches.group_of(model_k, feature)
    if group is None:
        st.markdown(smaller_group_words(matches, model_k, feature))
        return
    record = matches.groups.iloc[group]
    excess = "" if np.isnan(record.excess) else f", {record.excess:+.2f} over the highest baseline"
    st.markdown(
        f":blue-badge[group {group}] Every two of these are each other's best match: mean r "
        f"{record.mean_r:.2f}, lowest {record.min_r:.2f}{excess}."
    )


def smaller_group_words(matches: MatchReader, model_k: int, feature: int) -> str:
    """That a feature is in no group of all GPTs, and in which of fewer it is."""
    words = ":gray-badge[no group of all] Not all of these are each other's best matches."
    groups = matches.smaller_groups
    own = groups[groups[f"gpt_{model_k}"] == feature]
    if len(own) == 0:
        return words
    members = members_of(own.iloc[0])
    return f"{words} Those of GPT {', '.join(map(str, members))} are (group {own.iloc[0].group:.0f})."
