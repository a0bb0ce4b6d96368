"""Steering in the Lab: the chosen features changed, the answers before and after, the accuracy."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from culture_core.figures.rows import ANSWER_START, GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, LAST_GRID
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.grid_board.board import grid_board
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.lab.measure import show_accuracy, show_strength
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope
from dashboard.data.circuit.steering import (
    ACTIONS,
    ADD,
    EVERYWHERE,
    LARGEST_AMOUNT,
    LARGEST_TOP,
    LEAVE,
    PLACES,
    SCALE,
    STUDY_FACTOR,
    STUDY_TOP,
    ZERO,
    Steering,
    read_amount,
)
from dashboard.data.feature.feature_names import FeatureName
from dashboard.data.quiz import answers
from dashboard.data.quiz.answers import GivenAnswers
from dashboard.data.quiz.chosen_quiz import ChosenQuiz

CHANGED = ValueScale("changed by steering", 1.0)


def choose_steering(cell_name: str) -> Steering:
    """Draw the choices; return what the link says. cell_name: the cell that is looked at, in words.

    Errors: CultureError for a link that says something else.
    """
    action = permalink.read_choice("do", ACTIONS, ZERO)
    amount = read_amount(permalink.read("by"), float(STUDY_FACTOR))
    where = permalink.read_choice("at", PLACES, EVERYWHERE)
    keep_top = permalink.read_number("top", 0, LARGEST_TOP, 0)
    keep_error = permalink.read_choice("error", ["1", "0"], "1") == "1"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose_change(action, amount, where, cell_name)
        _choose_rest(keep_top, keep_error)
        _study_buttons()
    return Steering(action, amount, keep_top or None, keep_error, where)


def _choose_change(action: str, amount: float, where: str, cell_name: str) -> None:
    """Draw what is done with the features, how much of it, and where."""
    st.selectbox(
        "Change",
        list(ACTIONS),
        format_func=ACTIONS.__getitem__,
        width=200,
        **permalink.bound("do", action),
    )
    st.number_input(
        "Amount",
        -LARGEST_AMOUNT,
        LARGEST_AMOUNT,
        format="%g",
        disabled=action not in (SCALE, ADD),
        width=130,
        **permalink.bound("by", amount, encode=lambda value: f"{value:.3f}"),
    )
    st.selectbox(
        "Where",
        list(PLACES),
        format_func=PLACES.__getitem__,
        width=180,
        help="In the states from which tokens are predicted: all of them, those of the answer grid, or "
        f"only that of {cell_name}. Click a cell of an answer below to choose another cell.",
        **permalink.bound("at", where),
    )


def _choose_rest(keep_top: int, keep_error: bool) -> None:
    """Draw what else of the state is kept."""
    st.number_input(
        "Keep only the top",
        0,
        LARGEST_TOP,
        help="After the change, only this many of the strongest features are kept at each token. "
        "0 keeps all.",
        width=140,
        **permalink.bound("top", keep_top),
    )
    st.toggle(
        "Keep the error term",
        help="Keeps the part of the state that the SAE does not reconstruct, so that only the change has "
        "an effect.",
        **permalink.bound("error", keep_error, encode=int),
    )


def _study_buttons() -> None:
    """Draw the two changes that the study of these GPTs made."""
    st.button(
        f"Amplify {STUDY_FACTOR} times",
        on_click=permalink.write,
        kwargs={"do": SCALE, "by": STUDY_FACTOR, "top": None, "error": None},
    )
    st.button(
        f"Only the top {STUDY_TOP}",
        help="Leaves the chosen features as they are and keeps only the three strongest at each token",
        on_click=permalink.write,
        kwargs={"do": LEAVE, "top": STUDY_TOP, "error": None},
    )


def show_steering(
    scope: Scope,
    names: Sequence[FeatureName],
    quiz: ChosenQuiz,
    cell: int,
    intact: GivenAnswers,
    display: Display,
) -> None:
    """Draw the choices and their effect.

    cell: the position that is looked at. intact: what all GPTs answer without steering.
    """
    cell_name = position_name(cell, quiz_row(quiz.tokens).labels)
    steering = choose_steering(cell_name)
    models = scope.population.models
    interventions = steering.interventions(names, models)
    if not interventions:
        st.info(
            "Nothing is changed yet. Choose features above, or how many of the strongest to keep.",
            icon=":material/tune:",
        )
        return
    before = intact.of([models.index(k) for k in interventions])
    positions = steering.positions(cell)
    after = answers.steered_answers(scope.population, scope.hook, interventions, quiz.tokens, positions)
    st.markdown(_summary(names, steering, before, after))
    _show_answers(quiz.tokens, cell, list(interventions), before, after, display)
    if any(intervention.changes for intervention in interventions.values()):
        show_strength(scope, interventions, quiz.tokens, cell, positions)
    show_accuracy(scope, interventions, quiz, positions)


def _summary(
    names: Sequence[FeatureName], steering: Steering, before: GivenAnswers, after: GivenAnswers
) -> str:
    changed = (before.predicted != after.predicted).sum(1)
    which = ", ".join(f"`{name}`" for name in names) or "All features"
    cells = ", ".join(map(str, changed.tolist()))
    return f"{which}: **{steering.words()}**. Cells of the answer that change, by GPT: **{cells}**."


def _show_answers(
    tokens: np.ndarray,
    cell: int,
    models: Sequence[int],
    before: GivenAnswers,
    after: GivenAnswers,
    display: Display,
) -> None:
    rows = [
        comparison_row(tokens, before, after, place, f"GPT {model_k}") for place, model_k in enumerate(models)
    ]
    grid_board(
        rows,
        key="steered",
        scale=CHANGED,
        digits=display.digits,
        colour_key=display.colour_key,
        legend=False,
        row_width=420,
        max_cell=14,
        selected=CellClick(0, 1, cell) if cell >= LAST_GRID.start else None,
        on_click=_look_at,
    )
    with st.container(horizontal=True):
        grid_downloads(rows, CHANGED, name="steered", digits=display.digits)


def _look_at(clicked: CellClick) -> None:
    if clicked.position >= LAST_GRID.start:
        permalink.write(cell=clicked.position)


def comparison_row(
    tokens: np.ndarray, before: GivenAnswers, after: GivenAnswers, place: int, caption: str
) -> GridRow:
    """Two answers to a quiz (404,) side by side, and the second once more with ink on the cells that are
    another colour; cells that differ from the quiz's last grid are crossed.

    place: of the GPT among the answers.
    """
    old, new = before.predicted[place], after.predicted[place]
    truth = tokens[ANSWER_START:]
    marked = np.concatenate([[np.nan], (old != new).astype(np.float32)])
    grids = [np.concatenate([truth[:1], cells]) for cells in (old, new, new)]
    n_old, n_new = (int((cells != truth[1:]).sum()) for cells in (old, new))
    sure = f"p {before.sureness(place)} to {after.sureness(place)}"
    return GridRow(
        tokens=np.concatenate(grids).astype(np.uint8),
        labels=("before", "after", f"{int((old != new).sum())} changed"),
        links=("", ""),
        starts=(ANSWER_START,) * 3,
        values=np.concatenate([np.full(2 * BLOCK_LENGTH, np.nan, np.float32), marked]),
        truth=np.concatenate([truth, truth, grids[2]]).astype(np.uint8),
        caption=caption,
        detail=f"{n_old} wrong before, {n_new} after · {sure}",
    )
