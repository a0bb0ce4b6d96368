"""What steering does, measured when the reader asks: over strengths, and over many quizzes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.features.interventions import Intervention
from culture_core.features.strength import STRENGTHS, StrengthCurve
from culture_core.figures.circuits import strength_chart
from culture_core.figures.rows import position_name, quiz_row
from culture_core.world.vocabulary import TASKS
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.components.page.scope import Scope
from dashboard.data.choices import one_of
from dashboard.data.circuit import steered_accuracy
from dashboard.data.quiz import answers
from dashboard.data.quiz.chosen_quiz import ChosenQuiz
from dashboard.data.words.token_names import TOKEN_NAMES


def show_strength(
    scope: Scope,
    interventions: Mapping[int, Intervention],
    tokens: np.ndarray,
    cell: int,
    positions: range | None,
) -> None:
    """Draw, once asked for, what happens as the features are scaled from 0 to 15 times."""
    wanted = permalink.read_choice("curve", ["0", "1"], "0") == "1"
    st.toggle(
        f"Curve of strength, 0 to {STRENGTHS[-1]:g}",
        help="Scales the chosen features step by step, whatever the change above. The other settings stay.",
        **permalink.bound("curve", wanted, encode=int),
    )
    if not wanted:
        return
    models = scope.population.models
    curves = answers.strength_curves(scope.population, scope.hook, interventions, tokens, cell, positions)
    by_gpt = dict(zip(interventions, curves, strict=True))
    where = position_name(cell, quiz_row(tokens).labels)
    chart(
        strength_chart(
            {f"GPT {k}": (curve.probability, curve.changed) for k, curve in by_gpt.items()},
            STRENGTHS,
            [models.index(k) for k in by_gpt],
        ),
        strength_words(by_gpt, where),
        key="strength",
    )
    st.caption(
        f"Left: {where}, where without a change "
        + ", ".join(f"GPT {k} expects {TOKEN_NAMES[curve.token]}" for k, curve in by_gpt.items())
        + ". Every cell is predicted from the right cells before it. Strength 0 is ablation."
    )
    with st.container(horizontal=True):
        table_downloads(lambda: strength_table(by_gpt), name="strength")


def strength_words(curves: Mapping[int, StrengthCurve], where: str) -> str:
    """The ends of the curves, in words."""
    told = [
        f"GPT {k}: {curve.probability[0]:.0%} at 0 and {curve.probability[-1]:.0%} at "
        f"{curve.strength[-1]:g}, {curve.changed[0]} and {curve.changed[-1]} cells changed"
        for k, curve in curves.items()
    ]
    return f"Probability of the token expected at {where} by strength of the features. " + "; ".join(told)


def strength_table(curves: Mapping[int, StrengthCurve]) -> pd.DataFrame:
    """One row per GPT and strength: gpt, strength, token, probability, cells_changed."""
    tables = [
        pd.DataFrame(
            {
                "gpt": k,
                "strength": curve.strength,
                "token": TOKEN_NAMES[curve.token],
                "probability": curve.probability,
                "cells_changed": curve.changed,
            }
        )
        for k, curve in curves.items()
    ]
    return pd.concat(tables, ignore_index=True)


def show_accuracy(
    scope: Scope, interventions: Mapping[int, Intervention], quiz: ChosenQuiz, positions: range | None
) -> None:
    """Draw the choice of a task and, once asked for, the accuracy with and without the change."""
    st.markdown(f"##### Accuracy over {steered_accuracy.MEASURED} quizzes")
    task = _choose_task(quiz)
    if task is None or permalink.read("measured") is None:
        return
    bar = st.progress(
        0.0, f"Answering {steered_accuracy.MEASURED} quizzes with and without the change, GPT by GPT"
    )
    changes = steered_accuracy.measure(
        scope.population, scope.hook, interventions, task, positions, bar.progress
    )
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
