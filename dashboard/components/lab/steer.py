"""Steering in the Lab: the chosen features changed, the answers before and after, the accuracy."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from culture_core.features.interventions import Intervention
from culture_core.figures.rows import ANSWER_START, GridRow
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, TASKS
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope
from dashboard.data import answers, steered_accuracy
from dashboard.data.answers import GivenAnswers
from dashboard.data.choices import one_of
from dashboard.data.chosen_quiz import ChosenQuiz
from dashboard.data.feature_names import FeatureName
from dashboard.data.steering import (
    ACTIONS,
    ADD,
    LARGEST_AMOUNT,
    LARGEST_TOP,
    LEAVE,
    SCALE,
    STUDY_FACTOR,
    STUDY_TOP,
    ZERO,
    Steering,
    read_amount,
)

CHANGED = ValueScale("changed by steering", 1.0)


def choose_steering() -> Steering:
    """Draw the choices; return what the link says.

    Errors: CultureError for a link that says something else.
    """
    action = permalink.read_choice("do", ACTIONS, ZERO)
    amount = read_amount(permalink.read("by"), float(STUDY_FACTOR))
    keep_top = permalink.read_number("top", 0, LARGEST_TOP, 0)
    keep_error = permalink.read_choice("error", ["1", "0"], "1") == "1"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Change",
            list(ACTIONS),
            format_func=ACTIONS.__getitem__,
            width=220,
            **permalink.bound("do", action),
        )
        st.number_input(
            "Amount",
            -LARGEST_AMOUNT,
            LARGEST_AMOUNT,
            format="%g",
            disabled=action not in (SCALE, ADD),
            width=140,
            **permalink.bound("by", amount, encode=lambda value: f"{value:.3f}"),
        )
        st.number_input(
            "Keep only the top",
            0,
            LARGEST_TOP,
            help="After the change, only so many of the strongest features are kept at each token. "
            "0 keeps all.",
            width=150,
            **permalink.bound("top", keep_top),
        )
        st.toggle(
            "Keep the error term",
            help="What the SAE does not rebuild of the state is kept, so that only the change has an effect.",
            **permalink.bound("error", keep_error, encode=int),
        )
        _study_buttons()
    return Steering(action, amount, keep_top or None, keep_error)


def _study_buttons() -> None:
    """Draw the two changes that the study of these GPTs made."""
    st.button(
        f"Amplify {STUDY_FACTOR} times",
        on_click=permalink.write,
        kwargs={"do": SCALE, "by": STUDY_FACTOR, "top": None, "error": None},
    )
    st.button(
        f"Only the top {STUDY_TOP}",
        help="Leaves the chosen features as they are, and keeps only the three strongest of each token",
        on_click=permalink.write,
        kwargs={"do": LEAVE, "top": STUDY_TOP, "error": None},
    )


def show_steering(
    scope: Scope,
    names: Sequence[FeatureName],
    quiz: ChosenQuiz,
    intact: GivenAnswers,
    display: Display,
) -> None:
    """Draw the choices and their effect.

    intact: what all GPTs answer without steering.
    """
    steering = choose_steering()
    models = scope.population.models
    interventions = steering.interventions(names, models)
    if not interventions:
        st.info(
            "Nothing is changed yet. Choose features above, or how many of the strongest to keep.",
            icon=":material/tune:",
        )
        return
    places = [models.index(k) for k in interventions]
    before = intact.of(places)
    after = answers.steered_answers(scope.population, scope.hook, interventions, quiz.tokens)
    st.markdown(_summary(names, steering, before, after))
    _show_answers(quiz.tokens, list(interventions), before, after, display)
    _show_accuracy(scope, interventions, quiz)


def _summary(
    names: Sequence[FeatureName], steering: Steering, before: GivenAnswers, after: GivenAnswers
) -> str:
    changed = (before.predicted != after.predicted).sum(1)
    which = ", ".join(f"`{name}`" for name in names) or "All features"
    cells = ", ".join(map(str, changed.tolist()))
    return f"{which}: **{steering.words()}**. Cells of the answer that change, by GPT: **{cells}**."


def _show_answers(
    tokens: np.ndarray, models: Sequence[int], before: GivenAnswers, after: GivenAnswers, display: Display
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
        clickable=False,
    )
    with st.container(horizontal=True):
        grid_downloads(rows, CHANGED, name="steered", digits=display.digits)


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


def _show_accuracy(scope: Scope, interventions: Mapping[int, Intervention], quiz: ChosenQuiz) -> None:
    st.markdown(f"##### Accuracy over {steered_accuracy.MEASURED} quizzes")
    task = _choose_task(quiz)
    if task is None or permalink.read("measured") is None:
        return
    bar = st.progress(
        0.0, f"Answering {steered_accuracy.MEASURED} quizzes with and without the change, GPT by GPT"
    )
    changes = steered_accuracy.measure(scope.population, scope.hook, interventions, task, bar.progress)
    bar.empty()
    table = steered_accuracy.accuracy_table(changes)
    st.dataframe(table, hide_index=True, width="content", alt="Accuracy before and after, by GPT")
    st.caption(
        f"Share of {steered_accuracy.MEASURED} *{task}* quizzes whose whole last grid is right, in one pass "
        "over the true quiz: four structures, 5% noise in the prompt. The 95% interval of the change is for "
        "paired quizzes."
    )
    with st.container(horizontal=True):
        table_downloads(lambda: table, name="steered_accuracy")


def _choose_task(quiz: ChosenQuiz) -> str | None:
    """Draw the choice of a task to measure on, the quiz's own unless another is chosen; None: none yet."""
    named = permalink.read("on")
    task = quiz.task if named is None else one_of("task", named, TASKS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Quizzes of the task",
            TASKS,
            width=230,
            placeholder="Choose a task to measure on",
            **permalink.bound("on", task),
        )
        if task is None or permalink.read("measured") is None:
            st.button(
                "Measure",
                icon=":material/speed:",
                type="primary",
                disabled=task is None,
                help="Takes about a second per GPT the first time",
                on_click=permalink.write,
                kwargs={"measured": 1, "on": task},
            )
    return task
