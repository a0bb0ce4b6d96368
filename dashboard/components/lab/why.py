"""Why an answer: the features of a GPT that one cell of its answer depends on."""

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.features.attribution import N_FEATURES, Attribution
from culture_core.figures.circuits import attribution_chart
from culture_core.figures.rows import GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, COLOUR_NAMES, N_COLOURS, QUIZ_LENGTH
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.grid_board.board import grid_board
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.lab.link import trace_link
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.components.page.display import Display
from dashboard.components.page.notes import own_names
from dashboard.components.page.scope import Scope
from dashboard.components.page.selection import row_selected_by_reader, selected_row
from dashboard.data.circuit import explanations
from dashboard.data.population import populations
from dashboard.data.quiz.answers import GivenAnswers
from dashboard.data.quiz.chosen_quiz import ChosenQuiz

LEAST_SHOWN = 0.02
LEAST_EFFECT = 0.005
COLUMNS = {
    "by ablation": st.column_config.NumberColumn(
        format="%+.3f",
        help="drop of the margin when the feature is set to zero at every token before the cell",
    ),
    "by gradient": st.column_config.NumberColumn(
        format="%+.3f", help="estimate of that drop: gradient times activation, summed over tokens"
    ),
    "signs": st.column_config.TextColumn(width=100, help="where ablation and gradient disagree on the side"),
}


def the_cell(tokens: np.ndarray, intact: GivenAnswers) -> int:
    """The position of the cell that is explained: the link's, or the deciding one of the quiz as drawn, or of
    the first answer that has one.

    Errors: CultureError for a link to no cell.
    """
    first = explanations.cell_to_explain(tokens, intact)
    return permalink.read_number("cell", 1, QUIZ_LENGTH - 1, first)


def show_why(scope: Scope, quiz: ChosenQuiz, position: int, display: Display) -> None:
    """Draw the choice of a GPT and a cell, and the features that matter there."""
    tokens = quiz.tokens
    model_k = populations.the_model(scope.population, permalink.read("gpt"))
    st.selectbox(
        "GPT",
        scope.population.models,
        format_func=lambda k: f"GPT {k}",
        width=130,
        **permalink.bound("gpt", model_k, resets=("shown",)),
    )
    found = _attribution(scope, model_k, tokens, position)
    st.markdown(_sentence(found, tokens, model_k))
    trace_link(scope, quiz.link(), model_k, position)
    if not len(found.feature):
        st.info("No feature fires on what is read before this cell.", icon=":material/bolt:")
        return
    left, right = st.columns(2, gap="large")
    with left:
        row = _show_table(scope, found, model_k, tokens)
        chart(
            attribution_chart(found.feature, found.ablation, found.gradient, int(found.feature[row])),
            "Effect of each feature by ablation against its estimate by gradient times activation",
            key="attribution",
        )
    with right:
        _show_places(found, row, tokens, display)


def _attribution(scope: Scope, model_k: int, tokens: np.ndarray, position: int) -> Attribution:
    """The features that matter: the strongest, or all that fire where the link says so, the link's own among
    them."""
    every = permalink.read_choice("every", ["0", "1"], "0") == "1"
    shown = permalink.read_number("shown", 0, 10**6, -1)
    margin = explanations.margin(scope.population, model_k, tokens, position)
    return explanations.attribution(
        scope.population,
        scope.hook,
        model_k,
        tokens,
        margin,
        n_features=QUIZ_LENGTH**2 if every else N_FEATURES,
        also=None if shown < 0 else shown,
    )


def _sentence(found: Attribution, tokens: np.ndarray, model_k: int) -> str:
    margin = found.margin
    labels = quiz_row(tokens).labels
    what = _name(margin.token)
    return (
        f"At **{position_name(margin.position, labels)}**, GPT {model_k} expects **{what}**: its logit is "
        f"**{found.value:.2f}** above that of {_name(margin.against)}. {found.n_firing} features fire on the "
        f"tokens before this cell; {len(found.feature)} of them were ablated, one at a time. The table shows "
        "how far the margin drops without each."
    )


def _name(token: int) -> str:
    return COLOUR_NAMES[token] if token < N_COLOURS else f"marker {token}"


def _show_table(scope: Scope, found: Attribution, model_k: int, tokens: np.ndarray) -> int:
    """Draw the features that matter; return the row that is chosen."""
    table = explanations.attribution_table(scope.population, scope.hook, model_k, found)
    features = [int(feature) for feature in found.feature]
    names = own_names(scope)
    if any((model_k, feature) in names for feature in features):
        table["your name"] = [names.get((model_k, feature), "") for feature in features]
    shown = permalink.read_number("shown", 0, 10**6, features[0])
    row = features.index(shown) if shown in features else 0
    key = _table_key(scope, model_k, found.margin.position, tokens)
    st.dataframe(
        table,
        hide_index=True,
        height=330,
        on_select=lambda: _open_selected(key, features),
        column_config=COLUMNS,
        alt="Features by their effect on the answer",
        **selected_row(key, row),
    )
    if shown not in features:
        st.caption(f"Feature {shown} does not fire before this cell, so it has no effect here.")
    _show_ways_on(scope, table, model_k, features[row], found.n_firing)
    return row


def _show_ways_on(scope: Scope, table: pd.DataFrame, model_k: int, feature: int, n_firing: int) -> None:
    """Draw what can be done with the chosen feature, and with the table."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Steer this",
            icon=":material/tune:",
            help=f"Set feature {feature} to zero, or change it otherwise, and see what GPT {model_k} answers",
            on_click=permalink.write,
            kwargs={"part": "steer", "features": f"{model_k}.{feature}", "do": None, "by": None, "top": None},
        )
        st.page_link(
            "views/feature.py",
            label=f"Open feature {feature}",
            icon=":material/bolt:",
            query_params=scope.link(gpt=model_k, feature=feature),
        )
        table_downloads(lambda: table, name="attribution")
        if n_firing > N_FEATURES:
            every = permalink.read("every") == "1"
            st.toggle(f"Ablate all {n_firing}", **permalink.bound("every", every, encode=int))


def _table_key(scope: Scope, model_k: int, position: int, tokens: np.ndarray) -> str:
    """The key of one table of features: what is selected in it says nothing about another's rows."""
    quiz = zlib.crc32(tokens.tobytes())
    return f"why.features.{scope.population.name}.{scope.hook}.{model_k}.{position}.{quiz}"


def _open_selected(key: str, features: Sequence[int]) -> None:
    row = row_selected_by_reader(key, len(features))
    if row is not None:
        permalink.write(shown=features[row])


def _show_places(found: Attribution, row: int, tokens: np.ndarray, display: Display) -> None:
    """Draw where the chosen feature acts; a click chooses the cell that is explained."""
    position = found.margin.position
    grid_board(
        [places_row(found, row, tokens)],
        key="why.places",
        scale=ValueScale("gradient times activation", _largest(found, row)),
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=300,
        selected=CellClick(0, position // BLOCK_LENGTH, position),
        on_click=_explain,
    )
    if found.disagree[row]:
        st.warning(
            f"The gradient estimates the opposite: a change of the margin by {-found.gradient[row]:+.2f}. "
            "Ablation was measured: trust it over the estimate, and over the tokens marked above.",
            icon=":material/swap_vert:",
        )
    st.caption(
        "Marked: gradient times activation at each token where the feature fires. The outlined cell is "
        "explained; click another to explain that one."
    )


def places_row(found: Attribution, row: int, tokens: np.ndarray) -> GridRow:
    """A quiz (404,) with the size of a feature's estimated effect on each token, and its measured effect in
    words."""
    size = np.abs(found.by_token[row])
    return quiz_row(
        tokens,
        values=np.where(size >= LEAST_SHOWN * _largest(found, row), size, 0.0),
        caption=f"Feature {found.feature[row]}",
        detail=effect_words(float(found.ablation[row])),
    )


def _largest(found: Attribution, row: int) -> float:
    return max(float(np.abs(found.by_token[row]).max()), 1e-9)


def effect_words(drop: float) -> str:
    """What a feature does for the answer, from the measured drop of the margin without it."""
    if abs(drop) < LEAST_EFFECT:
        return "hardly matters: without it the margin stays as it is"
    if drop > 0:
        return f"for the answer: without it the margin drops by {drop:.2f}"
    return f"against the answer: without it the margin grows by {-drop:.2f}"


def _explain(clicked: CellClick) -> None:
    if clicked.position > 0:
        permalink.write(cell=clicked.position, shown=None)
