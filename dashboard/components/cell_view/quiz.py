"""The quiz of the Cell view: chosen, drawn large, told in words."""

import numpy as np
import streamlit as st

from culture_core.figures.rows import GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, QUIZ_LENGTH
from dashboard.components.cell_view.view import Shown, View, overlay
from dashboard.components.grid_board.board import grid_board
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.lab.link import lab_link
from dashboard.components.page import permalink
from dashboard.components.page.display import Display, chosen_style
from dashboard.components.page.scope import Scope
from dashboard.data import gpts, quiz_sets
from dashboard.data.cell_facts import CellFacts, deciding_position, true_concepts
from dashboard.data.quiz_sets import BROWSE_SET, CULTURE_SET, INDEX_SET
from dashboard.data.token_names import token_name

SET_NAMES = {
    INDEX_SET: "of the feature index",
    BROWSE_SET: "with answers",
    CULTURE_SET: "invented by the GPTs",
}


def choose_quiz(scope: Scope) -> View:
    """Draw the selectors of the quiz; read it with every GPT."""
    sets = quiz_sets.set_names(scope.population)
    quiz_set = permalink.read_choice("set", sets, sets[0])
    quizzes = quiz_sets.quizzes_of(scope.population, scope.hook, quiz_set)
    n = len(quizzes.tokens)
    number = permalink.read_number("number", 0, n - 1, 0, of=f"the quizzes {SET_NAMES[quiz_set]}")
    resets = ("position",)
    st.selectbox(
        "Quizzes",
        sets,
        format_func=SET_NAMES.__getitem__,
        width=210,
        **permalink.bound("set", quiz_set, resets=("number", *resets)),
    )
    st.number_input(
        f"Quiz, 0 to {n - 1}", 0, n - 1, width=150, **permalink.bound("number", number, resets=resets)
    )
    _steps(quiz_set, number, n)
    tokens, clean = quizzes.tokens[number], quizzes.clean[number]
    position = permalink.read_number("position", 0, QUIZ_LENGTH - 1, deciding_position(clean), of="a quiz")
    readings = {k: gpts.reading(scope.population, scope.hook, k, tokens) for k in scope.population.models}
    quiz = quizzes.batch[number : number + 1]
    invention = quiz_sets.invention(scope.population, quiz_set, number)
    return View(scope, tokens, clean, quiz, quizzes.task[number], number, position, readings, invention)


def _steps(quiz_set: str, number: int, n: int) -> None:
    """Buttons to the quizzes beside this one, of n, and to a random one."""
    for label, icon, other in (
        ("Previous", ":material/chevron_left:", (number - 1) % n),
        ("Next", ":material/chevron_right:", (number + 1) % n),
        ("Any", ":material/casino:", int(np.random.default_rng().integers(n))),
    ):
        st.button(
            label,
            icon=icon,
            on_click=permalink.write,
            kwargs={"set": quiz_set, "number": other, "position": None},
        )


def go_to(click: CellClick) -> None:
    permalink.write(position=click.position)


def show_quiz(view: View, shown: Shown, display: Display) -> tuple[GridRow, ValueScale | None]:
    """The quiz, large, with the cell outlined; a click moves to another cell. Returns what is drawn."""
    values, scale = overlay(view, shown)
    row = quiz_row(
        view.tokens,
        values=values,
        clean=view.clean,
        probability=None if shown.model_k is None else view.probability_of_truth(shown.model_k),
        caption=view.task,
        detail=f"quiz {view.number}",
    )
    grid_board(
        [row],
        key="quiz",
        scale=scale,
        digits=display.digits,
        colour_key=display.colour_key,
        max_cell=22,
        markers=True,
        selected=CellClick(0, view.position // BLOCK_LENGTH, view.position),
        on_click=go_to,
    )
    return row, scale


def show_facts(view: View, facts: CellFacts) -> None:
    """The truth about the cell, in words."""
    style = chosen_style()
    name = token_name(facts.token, style.names)
    st.subheader(position_name(view.position, quiz_row(view.tokens).labels), anchor=False)
    lines = [f"**{name}**, token {view.position}"]
    if view.invention is not None:
        lines.append(f"the quiz: {view.invention.words()}")
    if facts.clean != facts.token:
        lines.append(f"noise: was {token_name(facts.clean, style.names)}")
    if facts.source is not None and facts.source == facts.clean:
        lines.append("the rule left it as it was")
    if facts.source is not None and facts.source != facts.clean:
        lines.append(f"changed by the rule: was {token_name(facts.source, style.names)}")
    if facts.deciding:
        lines.append("the first cell the rule changes here: now the GPT must decide")
    st.markdown("  \n".join(lines))
    true = true_concepts(view.quiz, view.position)
    if true:
        with st.expander(f"{len(true)} concepts hold here", icon=":material/fact_check:"):
            st.markdown("\n".join(f"- {words}" for words in true))
    lab_link(view.scope, view.tokens, "Change this quiz in the Lab")
