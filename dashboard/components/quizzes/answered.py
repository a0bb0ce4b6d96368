"""The answered quizzes as the page shows them: filtered, in an order, a page at a time."""

import numpy as np
import streamlit as st

from dashboard.components.downloads.grids import download_button, grid_downloads
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page.display import choose_display
from dashboard.components.page.scope import scope_of
from dashboard.components.quizzes.answers import (
    found_words,
    quiz_answers,
    show_agreement,
    show_missing,
    show_quizzes,
)
from dashboard.components.quizzes.filters import (
    DOUBT,
    choose_drawing,
    choose_filters,
    choose_order,
    choose_page,
)
from dashboard.data import tables
from dashboard.data.population.populations import Population
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.inventions import kept_words
from dashboard.data.quiz.quiz_table import in_order


def show_answered(population: Population) -> None:
    """Draw the filters and the quizzes they leave, the answers of every GPT beside each."""
    quizzes = quiz_sets.browse_quizzes(population)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = choose_filters(quizzes, quiz_sets.browse(population))
        order = choose_order()
        unsure = choose_drawing()
    if len(found) == 0:
        st.info(
            "No quiz fits these filters. Choose another source, task, structure or kind of answers.",
            icon=":material/filter_alt_off:",
        )
    else:
        _show_found(population, found, order, unsure)
    show_missing(population, quizzes)


def _show_found(population: Population, found: np.ndarray, order: str, unsure: bool) -> None:
    """Draw the quizzes that were found; found: their places in the browse set."""
    browse, quizzes = quiz_sets.browse(population), quiz_sets.browse_quizzes(population)
    invented = quiz_sets.inventions(population)
    scope = scope_of(population)
    table = in_order(tables.quizzes(population).iloc[found], order)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.empty()
        st.space("stretch")
        page = choose_page(len(found))
        agreed = st.popover("Agreement", icon=":material/handshake:")
        downloads = download_button()
        display = choose_display()
    words.markdown(found_words(quizzes, browse, found, page))
    with agreed:
        show_agreement(browse, found)
    shown = table.quiz.iloc[page]
    rows = [quiz_answers(quizzes, browse, int(i), invented.get(int(i)), unsure) for i in shown]
    with downloads:
        st.caption("The quizzes on this page")
        grid_downloads(rows, DOUBT if unsure else None, name="quizzes", digits=display.digits)
        st.caption(f"A table of all {len(found)}")
        table_downloads(lambda: table, name="quizzes")
    st.caption(
        "Right of the line: the grid each GPT writes by itself, wrong cells crossed. After its first mistake "
        "a GPT goes on from that mistake. The Cell view gives it the right cells before each cell instead, "
        "so fewer are wrong there. ✗ counts the wrong cells. Click a cell to open it."
    )
    if any(int(i) in invented for i in shown):
        for told in kept_words(quiz_sets.culture(population).runs):
            st.caption(told)
    show_quizzes(scope, rows, shown, unsure, display)
