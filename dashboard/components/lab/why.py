"""Why an answer: the features of a GPT that one cell of its answer depends on."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from culture_core.features.attribution import Attribution
from culture_core.figures.circuits import attribution_chart
from culture_core.figures.rows import position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, COLOUR_NAMES, N_COLOURS, QUIZ_LENGTH
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.grid_board.board import grid_board
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.components.page.display import Display
from dashboard.components.page.notes import own_names
from dashboard.components.page.scope import Scope
from dashboard.data import explanations, populations
from dashboard.data.answers import GivenAnswers

LEAST_SHOWN = 0.02


def the_cell(tokens: np.ndarray, intact: GivenAnswers) -> int:
    """The position of the cell that is explained: the link's, or the deciding one of the quiz as drawn, or of
    the first answer that has one.

    Errors: CultureError for a link to no cell.
    """
    first = explanations.cell_to_explain(tokens, intact)
    return permalink.read_number("cell", 1, QUIZ_LENGTH - 1, first)


def show_why(scope: Scope, tokens: np.ndarray, position: int, display: Display) -> None:
    """Draw the choice of a GPT and a cell, and the features that matter there."""
    model_k = populations.the_model(scope.population, permalink.read("gpt"))
    st.selectbox(
        "GPT",
        scope.population.models,
        format_func=lambda k: f"GPT {k}",
        width=130,
        **permalink.bound("gpt", model_k, resets=("shown",)),
    )
    margin = explanations.margin(scope.population, model_k, tokens, position)
    found = explanations.attribution(scope.population, scope.hook, model_k, tokens, margin)
    st.markdown(_sentence(found, tokens, model_k))
    if not len(found.feature):
        st.info("No feature fires on what is read before this cell.", icon=":material/bolt:")
        return
    left, right = st.columns(2, gap="large")
    with left:
        row = _show_table(scope, found, model_k)
        chart(
            attribution_chart(found.feature, found.ablation, found.gradient, int(found.feature[row])),
            "Effect of each feature by ablation against its estimate by gradient times activation",
            key="attribution",
        )
    with right:
        _show_places(found, row, tokens, display)


def _sentence(found: Attribution, tokens: np.ndarray, model_k: int) -> str:
    margin = found.margin
    labels = quiz_row(tokens).labels
    what = _name(margin.token)
    return (
        f"At **{position_name(margin.position, labels)}**, GPT {model_k} expects **{what}**: its logit is "
        f"**{found.value:.2f}** above that of {_name(margin.against)}. {found.n_firing} features "
        "fire on what it has read by then; without one of them that margin drops by so much:"
    )


def _name(token: int) -> str:
    return COLOUR_NAMES[token] if token < N_COLOURS else f"marker {token}"


def _show_table(scope: Scope, found: Attribution, model_k: int) -> int:
    """Draw the features that matter; return the row that is chosen."""
    table = explanations.attribution_table(scope.population, scope.hook, model_k, found)
    features = [int(feature) for feature in found.feature]
    names = own_names(scope)
    if any((model_k, feature) in names for feature in features):
        table["your name"] = [names.get((model_k, feature), "") for feature in features]
    shown = permalink.read_number("shown", 0, 10**6, features[0])
    row = features.index(shown) if shown in features else 0
    st.dataframe(
        table,
        hide_index=True,
        height=330,
        on_select=lambda: _open_selected(features),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [row]}},
        key=f"why.{model_k}.{found.margin.position}",
        column_config={
            "by ablation": st.column_config.NumberColumn(
                format="%+.3f", help="drop of the margin when the feature is set to zero at every token read"
            ),
            "by gradient": st.column_config.NumberColumn(
                format="%+.3f", help="its first-order estimate: gradient times activation, summed over tokens"
            ),
        },
        alt="Features by their effect on the answer",
    )
    with st.container(horizontal=True):
        table_downloads(lambda: table, name="attribution")
        st.page_link(
            "views/feature.py",
            label=f"Open feature {features[row]}",
            icon=":material/bolt:",
            query_params=scope.link(gpt=model_k, feature=features[row]),
        )
    return row


def _open_selected(features: Sequence[int]) -> None:
    for key in st.session_state:
        if str(key).startswith("why."):
            rows = st.session_state[key].selection.rows
            if rows and rows[0] < len(features):
                permalink.write(shown=features[rows[0]])


def _show_places(found: Attribution, row: int, tokens: np.ndarray, display: Display) -> None:
    """Draw where the chosen feature acts; a click chooses the cell that is explained."""
    by_token = found.by_token[row]
    size = np.abs(by_token)
    most = max(float(size.max()), 1e-9)
    size = np.where(size >= LEAST_SHOWN * most, size, 0.0)
    sign = "for" if by_token.sum() > 0 else "against"
    position = found.margin.position
    board_row = quiz_row(
        tokens,
        values=size,
        caption=f"Feature {found.feature[row]}",
        detail=f"mostly {sign} the answer, by the token at which it fires",
    )
    grid_board(
        [board_row],
        key="why.places",
        scale=ValueScale("gradient x activation", most),
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=300,
        selected=CellClick(0, position // BLOCK_LENGTH, position),
        on_click=_explain,
    )
    st.caption("The outlined cell is explained. Click another one to explain that.")


def _explain(clicked: CellClick) -> None:
    if clicked.position > 0:
        permalink.write(cell=clicked.position, shown=None)
