"""Near misses: cells on which the feature's best concept holds and the feature is silent."""

import streamlit as st

from culture_core.features.index.reader import FeatureIndex
from culture_core.figures.rows import quiz_row
from culture_core.figures.style import ValueScale
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope
from dashboard.data.feature.near_misses import NearMisses, near_misses
from dashboard.data.population import indexes
from dashboard.data.quiz import quiz_sets

SHOWN = 10
MISSED = ValueScale("concept holds, feature silent", 1.0)


def show_near_misses(scope: Scope, index: FeatureIndex, feature: int, display: Display) -> None:
    """Draw the quizzes with most near misses."""
    found = near_misses(scope.population, scope.hook, index.model_k, feature)
    if found is None:
        st.caption("This feature fires too rarely to be graded, so there is no concept it could miss.")
        return
    st.caption(miss_words(found))
    quizzes = indexes.index_quizzes(index)
    numbers = found.order[:SHOWN].tolist()
    rows = [
        quiz_row(
            quizzes.tokens[quiz],
            values=found.missed[quiz].astype(float),
            clean=quizzes.clean[quiz],
            caption=quizzes.task[quiz],
            detail=f"quiz {quiz} · silent on {found.missed[quiz].sum()} of {found.holds[quiz].sum()}",
        )
        for quiz in numbers
    ]
    if rows:
        grid_board(
            rows,
            key="misses",
            scale=MISSED,
            digits=display.digits,
            colour_key=display.colour_key,
            legend=display.colour_key,
            row_width=520,
            max_cell=14,
            clickable=False,
            addresses=scope.cell_addresses(quiz_sets.INDEX_SET, numbers),
        )


def miss_words(found: NearMisses) -> str:
    """What the near misses are and how many there are."""
    holds, missed, n = int(found.holds.sum()), int(found.missed.sum()), len(found.holds)
    if holds == 0:
        return f"On the first {n} quizzes of the index this concept holds nowhere: {found.words}."
    words = (
        f"A black square marks a cell where the feature should fire if it followed its best concept "
        f"({found.words}), and is silent. On the first {n} quizzes of the index the concept holds on "
        f"{holds:,} tokens, and the feature is silent on {missed:,} of them ({missed / holds:.0%})."
    )
    return f"{words} The quizzes with most of them come first." if missed else words
