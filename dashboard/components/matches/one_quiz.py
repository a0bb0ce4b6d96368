"""One quiz large: in how many GPTs the feature fires at each cell, and the activation in each GPT."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from culture_core.figures.rows import ANSWER_START, GridRow, position_name
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH
from dashboard.components.feature.overlays import activation_scale
from dashboard.components.grid_board.board import grid_board
from dashboard.components.matches.columns import FeatureColumn, shared_rows
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.components.page.notes import feature_label
from dashboard.components.page.scope import Scope
from dashboard.data.population import indexes
from dashboard.data.quiz import quiz_sets
from dashboard.data.universal.firing_gpts import firing_words, n_firing

COUNT_WORDS = "GPTs in which it fires"
PER_LINE = 3
MAX_CELL = 18


def choose_quiz(scope: Scope, model_k: int, shared: Sequence[int]) -> int | None:
    """Draw the choice between all shared quizzes, small, and one of them, large; None: all.

    A quiz of the URL that is not among them, as of the feature before, is taken for all.
    """
    index = indexes.index(scope.population, scope.hook, model_k)
    quizzes = indexes.index_quizzes(index)
    names = ["all", *map(str, shared)]
    asked = permalink.read("quiz") or "all"
    if asked not in names:
        asked = "all"
    st.selectbox(
        "Quizzes",
        names,
        format_func=lambda name: (
            f"all {len(shared)}, small"
            if name == "all"
            else f"quiz {name} ({quizzes.task[int(name)]}), large"
        ),
        width=240,
        **permalink.bound("quiz", asked, encode=lambda name: None if name == "all" else name),
    )
    return None if asked == "all" else int(asked)


def show_one_quiz(
    scope: Scope, columns: Sequence[FeatureColumn], shared: Sequence[int], quiz: int, display: Display
) -> None:
    """Draw one of the shared quizzes once for all GPTs together, and once for each."""
    rank = list(shared).index(quiz)
    st.caption(
        "The first picture counts: the area of a black square is the number of GPTs in which the feature "
        "fires after reading that cell. Click a cell in it to see which fire and which are silent. The "
        "other pictures show the activation in each GPT, on its own scale. The framed grid, read last, is "
        "the answer."
    )
    said = st.empty()
    places = [place for _ in range(0, len(columns) + 1, PER_LINE) for place in st.columns(PER_LINE)]
    with places[0]:
        clicked = _show_together(columns, shared_rows(scope, columns[0], shared)[rank], rank, display)
    if clicked is not None:
        said.info(clicked, icon=":material/my_location:")
    for place, column in zip(places[1:], columns, strict=False):
        with place:
            _show_column(scope, column, shared, rank, display)


def _show_together(columns: Sequence[FeatureColumn], row: GridRow, rank: int, display: Display) -> str | None:
    """Draw in how many GPTs the feature fires; return which do at the cell that was clicked, in words."""
    activations = {column.model_k: column.activations[rank] for column in columns}
    counts = in_order(row, n_firing(activations))
    clicked = grid_board(
        [replace(row, values=counts, caption="All GPTs", detail=f"{row.caption}, {row.detail}")],
        key="together",
        scale=ValueScale(COUNT_WORDS, len(columns)),
        digits=display.digits,
        colour_key=display.colour_key,
        legend=display.colour_key,
        row_width=300,
        max_cell=MAX_CELL,
        per_line=2,
        framed=ANSWER_START,
    )
    if clicked is None:
        return None
    labels = [label for _, label in sorted(zip(row.starts, row.labels, strict=True))]
    return f"{position_name(clicked.position, labels)}: {firing_words(activations, clicked.position)}"


def _show_column(
    scope: Scope, column: FeatureColumn, shared: Sequence[int], rank: int, display: Display
) -> None:
    index = indexes.index(scope.population, scope.hook, column.model_k)
    row = shared_rows(scope, column, shared)[rank]
    highest = f"maximum {index.max_activation(column.feature):.3g}"
    grid_board(
        [replace(row, caption=feature_label(scope, column.model_k, column.feature), detail=highest)],
        key=f"large.{column.model_k}",
        scale=activation_scale(index, column.feature),
        digits=display.digits,
        legend=False,
        row_width=300,
        max_cell=MAX_CELL,
        per_line=2,
        framed=ANSWER_START,
        addresses=scope.cell_addresses(quiz_sets.INDEX_SET, [shared[rank]]),
    )


def in_order(row: GridRow, values: np.ndarray) -> np.ndarray:
    """Values (404,) by position in the order in which a row shows its grids."""

    return np.concatenate([values[start : start + BLOCK_LENGTH] for start in row.starts]).astype(float)
