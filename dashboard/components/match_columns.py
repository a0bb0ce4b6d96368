"""A feature and its best matches side by side: a column a GPT, the same quizzes in each."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

import loaders
from components.display import Display
from components.feature_rows import activation_scale, overlay_row
from components.grid_board import grid_board
from components.scope import Scope

STRONG = 0.5


@dataclass(frozen=True)
class MatchColumn:
    """One GPT's feature on the shared quizzes.

    badges: Markdown that says how it relates to the feature chosen.
    activations: (k, 404) on the k shared quizzes.
    """

    model_k: int
    feature: int
    badges: str
    activations: np.ndarray


def match_columns(scope: Scope, model_k: int, feature: int) -> tuple[list[int], list[MatchColumn]]:
    """The shared quizzes (the strongest of the feature chosen) and the columns: it, then the other GPTs."""
    matches = loaders.matches(scope.population, scope.hook)
    top = loaders.index(scope.population, scope.hook, model_k).top(feature)
    overlays = matches.partner_overlays(model_k, feature)
    n_shared = min(len(top.quiz), *(len(overlay) for overlay in overlays.values()))
    columns = [MatchColumn(model_k, feature, ":violet-badge[chosen]", top.activations[:n_shared])]
    for match in sorted(matches.best(model_k, feature), key=lambda match: match.model_k):
        badges = f":{'green' if match.r >= STRONG else 'gray'}-badge[r {match.r:.2f}]"
        badges += " :blue-badge[mutual]" if match.mutual else ""
        overlay = overlays[match.model_k][:n_shared]
        columns.append(MatchColumn(match.model_k, match.feature, badges, overlay))
    return top.quiz[:n_shared].tolist(), columns


def show_column(column: MatchColumn, shared: list[int], scope: Scope, display: Display) -> None:
    """Draw one column, with its own scale."""
    index = loaders.index(scope.population, scope.hook, column.model_k)
    quizzes = loaders.index_quizzes(index)
    with st.container(gap="xsmall"):
        st.page_link(
            "views/feature.py",
            label=f"**GPT {column.model_k} · {column.feature}**",
            icon=":material/bolt:",
            help="Open this feature",
            query_params=scope.link(gpt=column.model_k, feature=column.feature),
        )
        st.markdown(f"{column.badges} :small[max {index.max_activation(column.feature):.3g}]")
    grid_board(
        [overlay_row(quizzes, quiz, column.activations[rank]) for rank, quiz in enumerate(shared)],
        key=f"column.{column.model_k}",
        scale=activation_scale(index, column.feature),
        digits=display.digits,
        legend=False,
        row_width=120,
        clickable=False,
        addresses=scope.cell_addresses(loaders.INDEX_SET, shared),
    )
