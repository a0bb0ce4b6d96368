"""What the GPTs invented: every kept quiz with its author, the verdicts and the nearest world task."""

import numpy as np
import streamlit as st

from culture_core.culture.nearest.gallery import Gallery
from culture_core.figures.rows import GridRow, quiz_row
from culture_core.world.vocabulary import WORLD_TASKS
from dashboard.components.downloads.grids import download_button, grid_downloads
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page import permalink
from dashboard.components.page.display import choose_display
from dashboard.components.page.scope import Scope
from dashboard.components.quizzes.filters import choose, choose_name, choose_page
from dashboard.data.choices import EVERYTHING
from dashboard.data.population import measurements
from dashboard.data.population.populations import Population
from dashboard.data.quiz import gallery, quiz_sets
from dashboard.data.quiz.inventions import kept_words
from dashboard.data.quiz.quiz_sets import CULTURE_SET

ANSWERS, INVENTIONS = "answers", "inventions"
VIEWS = {ANSWERS: "Quizzes and answers", INVENTIONS: "What the GPTs invented"}


def choose_view(population: Population) -> str:
    """Draw the choice of a view where the GPTs have invented quizzes."""
    if not quiz_sets.has_culture(population):
        return ANSWERS
    view = permalink.read_choice("view", VIEWS, ANSWERS)
    st.segmented_control(
        "View",
        list(VIEWS),
        format_func=VIEWS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **permalink.bound("view", view, resets=("page", "order", "task", "author", "rule")),
    )
    return view


def show_gallery(scope: Scope) -> None:
    """Draw the kept quizzes, a page at a time, and how many are new.

    Errors: CultureError that says what to run when none was kept.
    """
    found = gallery.gallery(scope.population)
    places = gallery.kept_places(scope.population)
    st.markdown(gallery.novelty_words(found))
    for told in kept_words(quiz_sets.culture(scope.population).runs):
        st.caption(told)
    if measurements.was_compared(scope.population):
        st.page_link(
            "views/universal.py",
            label="Does training on them make the GPTs more alike?",
            icon=":material/arrow_forward:",
            query_params=scope.link(view="culture"),
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        fits = _choose_fitting(found)
        order = choose("order", "Order", gallery.ORDERS, gallery.NEWEST, width=260)
        ordered = gallery.in_order(found, order)
        fitting = ordered[fits[ordered]]
        shown = fitting[choose_page(len(fitting))]
        downloads = download_button()
        display = choose_display()
    if len(fitting) == 0:
        st.info(
            "No kept quiz fits these filters. Choose another task, author or kind of rule.",
            icon=":material/filter_alt_off:",
        )
        return
    if len(fitting) < len(found):
        st.markdown(f"**{len(fitting):,}** of {len(found):,} kept quizzes")
    rows = [gallery_row(scope.population, found, int(row), int(places[row])) for row in shown]
    with downloads:
        st.caption("The quizzes on this page")
        grid_downloads(rows, None, name="inventions", digits=display.digits)
        st.caption(f"A table of all {len(fitting):,}")
        table_downloads(lambda: found.frame.iloc[fitting], name="inventions")
    st.caption(
        "Each is named after the world task whose rule is nearest: the one that the fewest cells contradict. "
        "*Looks like* is the guess of a classifier of world quizzes. Click a cell to open it."
    )
    grid_board(
        rows,
        key="inventions",
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=480,
        clickable=False,
        addresses=scope.cell_addresses(CULTURE_SET, places[shown]),
    )


def _choose_fitting(found: Gallery) -> np.ndarray:
    """Draw the filters; return which rows they leave, (n,) bool."""
    tasks = [task for task in WORLD_TASKS if (found.frame.task == task).any()]
    task = choose_name("task", "Nearest task", tasks, "all tasks", width=150)
    author = choose_name("author", "Invented by", list(gallery.authors(found)), "all GPTs", width=130)
    rule = choose("rule", "Follows", gallery.RULES, EVERYTHING, width=170)
    return gallery.fitting(found, task=task, author=author, rule=rule)


def gallery_row(population: Population, found: Gallery, row: int, place: int) -> GridRow:
    """A kept quiz with what is known of it; place: in CULTURE_SET."""
    invention = quiz_sets.invention(population, CULTURE_SET, place)
    told = [gallery.row_words(found, row), *([invention.words()] if invention else [])]
    tokens = np.asarray(found.quizzes.tokens[row].numpy())
    return quiz_row(tokens, caption=f"nearest to {found.frame.task[row]}", detail=" · ".join(told))
