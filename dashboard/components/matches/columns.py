"""Features side by side: a column each, on shared quizzes and on each one's own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import streamlit as st

from culture_core.features.index.reader import FeatureIndex
from culture_core.figures.rows import ANSWER_START, GridRow, in_pairs
from culture_core.figures.style import ValueScale
from dashboard.components.feature.links import compare_link
from dashboard.components.feature.overlays import activation_scale, overlay_row, top_rows
from dashboard.components.feature_panels.messages import Badge
from dashboard.components.grid_board.board import grid_board
from dashboard.components.matches.badges import match_badges
from dashboard.components.page.display import Display
from dashboard.components.page.notes import feature_label
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import GROUPS, came_from, onward
from dashboard.data.population import indexes
from dashboard.data.quiz import quiz_sets
from dashboard.data.universal import universality

SHARES = ValueScale("share of its maximum", 1.0)
TONES = {"good": "green", "kind": "blue", "poor": "orange", "": "gray"}
OWN_SHOWN = 4
NARROW = 120


@dataclass(frozen=True)
class FeatureColumn:
    """One GPT's feature on quizzes that all columns share.

    badges: text, tone and help of each; activations: (k, 404) on the k shared quizzes.
    """

    model_k: int
    feature: int
    activations: np.ndarray
    badges: Sequence[Badge] = field(default_factory=list)


def match_columns(scope: Scope, model_k: int, feature: int) -> tuple[list[int], list[FeatureColumn]]:
    """The strongest quizzes of a feature, and the columns in the order of the GPTs: it and its matches."""
    matches = universality.matches(scope.population, scope.hook)
    top = indexes.index(scope.population, scope.hook, model_k).top(feature)
    overlays = matches.partner_overlays(model_k, feature)
    n_shared = min(len(top.quiz), *(len(overlay) for overlay in overlays.values()))
    chosen: list[Badge] = [
        {"text": "chosen", "tone": "kind", "help": "the feature whose strongest quizzes these are"}
    ]
    columns = [FeatureColumn(model_k, feature, top.activations[:n_shared], chosen)]
    for match in matches.best(model_k, feature):
        overlay = overlays[match.model_k][:n_shared]
        columns.append(FeatureColumn(match.model_k, match.feature, overlay, match_badges(match)))
    return top.quiz[:n_shared].tolist(), sorted(columns, key=lambda column: column.model_k)


def show_head(scope: Scope, column: FeatureColumn, beside: tuple[int, int] | None = None) -> None:
    """The name of a column's feature as a link, its badges, what it detects.

    beside: the GPT and the feature that it can be compared with.
    """
    index = indexes.index(scope.population, scope.hook, column.model_k)
    with st.container(horizontal=True, gap="xxsmall"):
        st.page_link(
            "views/feature.py",
            label=f"**{feature_label(scope, column.model_k, column.feature, markdown=True)}**",
            icon=":material/bolt:",
            help="Open this feature",
            query_params=scope.link(
                gpt=column.model_k, feature=column.feature, **_still_within(column, beside)
            ),
        )
        if beside is not None and beside != (column.model_k, column.feature):
            st.page_link(
                "views/compare.py",
                label="Compare",
                query_params=compare_link(scope, beside, (column.model_k, column.feature)),
            )
    badges = [f":{TONES[badge['tone']]}-badge[{badge['text']}]" for badge in column.badges]
    density = f"fires on {index.table.density[column.feature]:.2%}"
    if badges:
        help = " · ".join(f"{badge['text']}: {badge['help']}" for badge in column.badges)
        st.markdown(" ".join(badges), help=help)
    st.caption(f"max {index.max_activation(column.feature):.3g}, {density}")
    if indexes.has_grades(scope.population, scope.hook, column.model_k):
        words = indexes.grades(scope.population, scope.hook, column.model_k).table.words[column.feature]
        st.caption(words or "no graded concept")


def _still_within(column: FeatureColumn, chosen: tuple[int, int] | None) -> dict[str, str]:
    """The list that the reader came from, for links to what stands in it: the chosen feature, and of a list
    of groups the others too."""
    found = came_from()
    stands = found is not None and (found[0] == GROUPS or chosen == (column.model_k, column.feature))
    return onward() if stands else {}


def shared_rows(scope: Scope, column: FeatureColumn, shared: Sequence[int]) -> list[GridRow]:
    """The shared quizzes with the column's activation, as pairs of grids."""
    quizzes = indexes.index_quizzes(indexes.index(scope.population, scope.hook, column.model_k))
    rows = (overlay_row(quizzes, quiz, column.activations[rank]) for rank, quiz in enumerate(shared))
    return [in_pairs(row) for row in rows]


def show_shared(
    scope: Scope,
    column: FeatureColumn,
    shared: Sequence[int],
    display: Display,
    *,
    key: str,
    row_width: int = NARROW,
) -> None:
    """Draw the shared quizzes of one column, on its own scale."""
    index = indexes.index(scope.population, scope.hook, column.model_k)
    rows = shared_rows(scope, column, shared)
    show_rows(
        scope,
        index,
        column.feature,
        rows,
        shared,
        display,
        key=f"{key}.{column.model_k}",
        row_width=row_width,
    )


def column_rows(
    scope: Scope, columns: Sequence[FeatureColumn], shared: Sequence[int], quiz: int | None = None
) -> list[GridRow]:
    """The shared quizzes of all columns one below the other, each as a share of its feature's maximum.

    quiz: the only one of them that is wanted; None for all.
    """
    rows = []
    for rank in range(len(shared)) if quiz is None else [list(shared).index(quiz)]:
        for column in columns:
            row = shared_rows(scope, column, shared)[rank]
            highest = indexes.index(scope.population, scope.hook, column.model_k).max_activation(
                column.feature
            )
            label = f"{feature_label(scope, column.model_k, column.feature)} · {row.caption}"
            assert row.values is not None
            rows.append(replace(row, values=row.values / max(highest, 1e-12), caption=label))
    return rows


def show_own(scope: Scope, model_k: int, feature: int, display: Display, *, key: str) -> None:
    """Draw a feature's own strongest quizzes."""
    index = indexes.index(scope.population, scope.hook, model_k)
    rows = [in_pairs(row) for row in top_rows(index, indexes.index_quizzes(index), feature, OWN_SHOWN)]
    numbers = index.top_quiz[feature, : len(rows)].tolist()
    show_rows(scope, index, feature, rows, numbers, display, key=f"{key}.{model_k}")


def show_rows(
    scope: Scope,
    index: FeatureIndex,
    feature: int,
    rows: Sequence[GridRow],
    numbers: Sequence[int],
    display: Display,
    *,
    key: str,
    row_width: int = NARROW,
) -> None:
    """Draw quizzes of the index under the feature's name; row_width: least width of one in pixels."""
    st.caption(feature_label(scope, index.model_k, feature, markdown=True))
    grid_board(
        rows,
        key=key,
        scale=activation_scale(index, feature),
        digits=display.digits,
        legend=False,
        row_width=row_width,
        per_line=2,
        framed=ANSWER_START,
        addresses=scope.cell_addresses(quiz_sets.INDEX_SET, numbers),
    )
