"""The quizzes that show a feature: its strongest, or some from every level of its strength."""

from dataclasses import replace

import streamlit as st

from culture_core.features.index.reader import FeatureIndex
from culture_core.figures.rows import GridRow
from culture_core.world.vocabulary import BLOCK_LENGTH, QUIZ_LENGTH
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.feature.near_misses import show_near_misses
from dashboard.components.feature.overlays import activation_scale, cell_words, overlay_row, top_rows
from dashboard.components.grid_board.board import grid_board
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope
from dashboard.data.population import indexes
from dashboard.data.quiz import quiz_sets

SHOWN = 10
STRONGEST, SPREAD, MISSES = "strongest", "spread", "misses"
KINDS = {STRONGEST: "Strongest", SPREAD: "At every strength", MISSES: "Near misses"}
CAPTION = (
    "The area of a black square is the activation after reading that cell; cells where the feature is silent "
    "are pale. Click a cell for what is known of it."
)


def feature_examples(scope: Scope, index: FeatureIndex, feature: int, display: Display) -> None:
    """Draw a choice of quizzes with the feature's activation on the cells, and their downloads."""
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = _choose_kind(graded=indexes.has_grades(scope.population, scope.hook, index.model_k))
        st.space("stretch")
        actions = st.container(horizontal=True, width="content")
    if kind == MISSES:
        show_near_misses(scope, index, feature, display)
        return
    numbers, rows = _strongest(index, feature) if kind == STRONGEST else _spread(index, feature)
    scale = activation_scale(index, feature)
    with actions:
        grid_downloads(rows, scale, name=f"gpt{index.model_k}_feature{feature}_{kind}", digits=display.digits)
    selected = read_cell(rows)
    if selected is None:
        st.caption(CAPTION)
    else:
        words = cell_words(rows[selected.row], selected.position, scale)
        st.info(words, icon=":material/my_location:")
    grid_board(
        rows,
        key="examples",
        scale=scale,
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=520,
        max_cell=14,
        addresses=scope.cell_addresses(quiz_sets.INDEX_SET, numbers),
        on_click=lambda cell: permalink.write(cell=f"{cell.row}-{cell.position}"),
        selected=selected,
    )
    n_top = int((index.top_quiz[feature] >= 0).sum())
    if kind == STRONGEST and n_top > SHOWN:
        all_shown = permalink.read("all") is not None
        st.button(
            f"Show {SHOWN}" if all_shown else f"Show all {n_top}",
            key="more",
            on_click=permalink.write,
            kwargs={"all": None if all_shown else 1, "cell": None},
        )


def _choose_kind(*, graded: bool) -> str:
    """Draw the choice of quizzes: the strongest, some of every strength and, where the features are graded,
    near misses."""
    kinds = [kind for kind in KINDS if graded or kind != MISSES]
    kind = permalink.read_choice("examples", kinds, STRONGEST)
    st.segmented_control(
        "Quizzes",
        kinds,
        format_func=KINDS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **permalink.bound(
            "examples", kind, resets=("cell",), encode=lambda name: None if name == STRONGEST else name
        ),
    )
    return kind


def read_cell(rows: list[GridRow]) -> CellClick | None:
    """The cell of the URL, "row-position"; None when there is none, or when it fits none of the rows."""
    row, _, position = (permalink.read("cell") or "").partition("-")
    if not (row.isdecimal() and position.isdecimal() and len(row + position) < 8):
        return None
    if int(row) >= len(rows) or int(position) >= QUIZ_LENGTH:
        return None
    return CellClick(int(row), int(position) // BLOCK_LENGTH, int(position))


def _strongest(index: FeatureIndex, feature: int) -> tuple[list[int], list[GridRow]]:
    n_kept = index.top_quiz.shape[1]
    shown = n_kept if permalink.read("all") is not None else SHOWN
    rows = top_rows(index, indexes.index_quizzes(index), feature, shown)
    return index.top_quiz[feature, : len(rows)].tolist(), rows


def _spread(index: FeatureIndex, feature: int) -> tuple[list[int], list[GridRow]]:
    """Quizzes from high to low quantiles of the peak, each said in its caption."""
    quizzes = indexes.index_quizzes(index)
    numbers, rows = [], []
    for quantile, record in sorted(index.quantile_examples(feature).items(), reverse=True):
        for rank, quiz in enumerate(record.quiz.tolist()):
            row = overlay_row(quizzes, quiz, record.activations[rank], peak=True)
            rows.append(replace(row, caption=f"{row.caption} · stronger than {quantile:.0%}"))
            numbers.append(quiz)
    return numbers, rows
