"""The quiz of the Cell view: chosen, drawn large, told in words."""

import streamlit as st

from culture_core.figures.rows import GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, QUIZ_LENGTH
from dashboard.components.cell_view.view import Shown, View, overlay
from dashboard.components.grid_board.board import grid_board
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.lab.link import lab_link
from dashboard.components.lab.quiz import choose_quiz
from dashboard.components.page import permalink
from dashboard.components.page.carried_quiz import first_set
from dashboard.components.page.display import Display, chosen_style
from dashboard.components.page.scope import Scope
from dashboard.data.population import gpts
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.cell_facts import CellFacts, deciding_position, true_concepts
from dashboard.data.words.token_names import token_name


def choose_view(scope: Scope) -> View:
    """Draw the selectors of the quiz; read it with every GPT."""
    quiz = choose_quiz(scope.population, first_set=first_set("cell", scope.population), editing=False)
    origin = quiz.origin
    position = permalink.read_number(
        "position", 0, QUIZ_LENGTH - 1, deciding_position(quiz.clean), of="a quiz"
    )
    readings = {
        k: gpts.reading(scope.population, scope.hook, k, quiz.tokens) for k in scope.population.models
    }
    invention = None
    if quiz.as_it_was:
        invention = quiz_sets.invention(scope.population, origin.quiz_set, origin.number)
    return View(scope, quiz, position, readings, invention)


def go_to(click: CellClick) -> None:
    permalink.write(position=click.position)


def show_quiz(view: View, shown: Shown, display: Display) -> tuple[GridRow, ValueScale | None]:
    """The quiz, large, with the cell outlined; a click moves to another cell. Returns what is drawn."""
    values, scale = overlay(view, shown)
    caption, detail = view.quiz.caption()
    row = quiz_row(
        view.tokens,
        values=values,
        clean=view.quiz.clean,
        probability=None if shown.model_k is None else view.probability_of_truth(shown.model_k),
        caption=caption,
        detail=detail,
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
        lines.append("unchanged by the rule")
    if facts.source is not None and facts.source != facts.clean:
        lines.append(f"changed by the rule: was {token_name(facts.source, style.names)}")
    if facts.deciding:
        lines.append("the first cell that the rule changes: here the GPT must decide")
    st.markdown("  \n".join(lines))
    true = true_concepts(view.quiz.origin.batch, view.position) if view.quiz.as_it_was else []
    if true:
        with st.expander(f"{len(true)} concepts hold here", icon=":material/fact_check:"):
            st.markdown("\n".join(f"- {words}" for words in true))
    lab_link(view.scope, view.quiz.link(), "Change this quiz in the Lab")
