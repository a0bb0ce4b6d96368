"""Quizzes: browse them by source, task, structure and who fails; the five answers beside the truth."""

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.answers.browse import BrowseSet
from culture_core.figures.rows import GridRow, answered_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import LAST_GRID
from dashboard.components.downloads.grids import download_button, grid_downloads
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page import permalink
from dashboard.components.page.display import Display, choose_display
from dashboard.components.page.scope import Scope, choose_population
from dashboard.data import loaders
from dashboard.data.cells import doubt
from dashboard.data.quiz_table import IN_TURN, ORDERS, Invention, agreement, in_order, kept_words
from dashboard.data.selection import EVERYTHING, choose_quizzes, failure_options, page_of

PER_PAGE = 8
SOURCE_NAMES = {
    EVERYTHING: "all quizzes",
    "world": "world",
    "unseen": "unseen tasks",
    "culture": "culture",
}
ABOUT_SOURCE = (
    "World: the eight tasks the GPTs were trained on. Unseen: seven tasks of the same world that they never "
    "saw. Culture: quizzes the GPTs invented, kept when most of the five understood them and some failed."
)
DOUBT = ValueScale("probability of a wrong colour", 1.0)
UNSURE, PLAIN = "unsure", "nothing"
DRAWINGS = {PLAIN: "nothing", UNSURE: "where each is unsure"}


def choose_filters(quizzes: loaders.Quizzes, browse: BrowseSet) -> np.ndarray:
    """Draw the filters; return the numbers of the quizzes they leave."""
    sources = [EVERYTHING, *dict.fromkeys(quizzes.source)]
    source = permalink.read_choice("source", sources, EVERYTHING)
    fitting = [t for t, s in zip(quizzes.task, quizzes.source, strict=True) if source in (EVERYTHING, s)]
    tasks = [EVERYTHING, *dict.fromkeys(fitting)]
    structures = [EVERYTHING, *sorted(set(quizzes.structure))]
    failures = failure_options(browse.models)
    task = permalink.read_choice("task", tasks, EVERYTHING)
    structure = permalink.read_choice("structure", structures, EVERYTHING)
    failing = permalink.read_choice("answers", failures, EVERYTHING)
    if len(sources) > 2:
        st.selectbox(
            "Source",
            sources,
            format_func=SOURCE_NAMES.__getitem__,
            width=130,
            help=ABOUT_SOURCE,
            **permalink.bound("source", source, resets=("page", "task")),
        )
    st.selectbox(
        "Task",
        tasks,
        format_func=lambda name: "all tasks" if name == EVERYTHING else name,
        width=140,
        **permalink.bound("task", task, resets=("page",)),
    )
    st.selectbox(
        "Structure",
        structures,
        format_func=lambda name: "all structures" if name == EVERYTHING else name.replace(",", ", "),
        width=150,
        help="The order in which the four grids are read; the last is the one to predict.",
        **permalink.bound("structure", structure, resets=("page",)),
    )
    st.selectbox(
        "Answers",
        list(failures),
        format_func=failures.__getitem__,
        width=195,
        **permalink.bound("answers", failing, resets=("page",)),
    )
    return choose_quizzes(
        quizzes.task,
        quizzes.structure,
        browse.correct,
        browse.models,
        task=task,
        structure=structure,
        failing=failing,
        sources=quizzes.source,
        source=source,
    )


def choose_order() -> str:
    order = permalink.read_choice("order", ORDERS, IN_TURN)
    st.selectbox(
        "Order",
        list(ORDERS),
        format_func=ORDERS.__getitem__,
        width=170,
        **permalink.bound("order", order, resets=("page",)),
    )
    return order


def choose_page(n_quizzes: int) -> slice:
    """Draw the page selector; return which of the quizzes to show."""
    n_pages = max(1, -(-n_quizzes // PER_PAGE))
    page = min(permalink.read_number("page", 1, 10**6, 1), n_pages)
    st.number_input(f"Page, 1 to {n_pages}", 1, n_pages, width=130, **permalink.bound("page", page))
    return page_of(n_quizzes, PER_PAGE, page)


def choose_drawing() -> bool:
    """Whether the GPTs' doubt is drawn on their answers."""
    drawing = permalink.read_choice("show", DRAWINGS, PLAIN)
    st.selectbox(
        "On the answers",
        list(DRAWINGS),
        format_func=DRAWINGS.__getitem__,
        width=180,
        help="The black squares are the probability a GPT gives to any other colour than the right one, cell "
        "by cell, given the right cells before it.",
        **permalink.bound("show", drawing),
    )
    return drawing == UNSURE


def quiz_answers(
    quizzes: loaders.Quizzes, browse: BrowseSet, i: int, invention: Invention | None, unsure: bool
) -> GridRow:
    """Quiz i with the answer of every GPT behind its truth."""
    wrong = (browse.predicted[:, i] != quizzes.tokens[i, LAST_GRID]).sum(1)
    labels = [
        f"GPT {k} ✓" if n == 0 else f"GPT {k}, {n} wrong" for k, n in zip(browse.models, wrong, strict=True)
    ]
    probability = browse.probability[:, i].astype(np.float32)
    told = [f"quiz {i}", f"{(wrong == 0).sum()} of {len(wrong)} right", alike(browse.predicted[:, i])]
    return answered_row(
        quizzes.tokens[i],
        browse.predicted[:, i],
        labels,
        values=doubt(probability) if unsure else None,
        probability=probability,
        clean=quizzes.clean[i],
        caption=quizzes.task[i],
        detail=" · ".join([*told, *([invention.words()] if invention else [])]),
    )


def alike(answers: np.ndarray) -> str:
    """How many different answers there are, in words; answers: (m, 100)."""
    n = len(np.unique(answers, axis=0))
    return "all answer the same" if n == 1 else f"{n} different answers"


def show_agreement(browse: BrowseSet, found: np.ndarray) -> None:
    """How often two GPTs answer the same."""
    same, same_wrong = agreement(browse, found)
    for table, words in (
        (same, f"Share of these {len(found)} quizzes that two GPTs answer with the same grid"),
        (same_wrong, "The same share of the quizzes that both get wrong: do they make the same mistake?"),
    ):
        st.markdown(words)
        st.table(table.map(lambda share: "none" if np.isnan(share) else f"{share:.0%}"), border="horizontal")


def show_missing(population: loaders.Population, quizzes: loaders.Quizzes) -> None:
    """Say how to make the sources that are not there."""
    missing = [SOURCE_NAMES[source] for source in ("unseen", "culture") if source not in quizzes.source]
    if not missing:
        return
    with st.expander(f"No quizzes yet of: {', '.join(missing)}", icon=":material/add_circle:"):
        root = population.folder.root
        invent = [] if loaders.has_culture(population) else [f"culture invent --population {root} --n 100"]
        st.caption("Make them with:")
        st.code("\n".join([*invent, f"culture answers --population {root}"]), language="bash")


def found_words(quizzes: loaders.Quizzes, browse: BrowseSet, found: np.ndarray, page: slice) -> str:
    """How many quizzes there are, and the share every GPT gets right, apart for each source, as Markdown."""
    source = np.array(quizzes.source)[found]
    lines = [f"**{page.start + 1} to {page.stop}** of {len(found)} quizzes"]
    for name in dict.fromkeys(source.tolist()):
        accuracy = " · ".join(
            f"GPT {k} {share:.0%}"
            for k, share in zip(browse.models, browse.correct[:, found[source == name]].mean(1), strict=True)
        )
        lines.append(f":small[{SOURCE_NAMES[name]}, right: {accuracy}]")
    return "  \n".join(lines)


def show_quizzes(scope: Scope, rows: list[GridRow], shown: pd.Series, unsure: bool, display: Display) -> None:
    grid_board(
        rows,
        key="quizzes",
        scale=DOUBT if unsure else None,
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=900,
        clickable=False,
        addresses=scope.cell_addresses(loaders.BROWSE_SET, shown),
    )


st.title("Quizzes and answers")
with st.container(horizontal=True, vertical_alignment="bottom"):
    population = choose_population()
    browse = loaders.browse(population)
    quizzes = loaders.browse_quizzes(population)
    invented = loaders.inventions(population)
    found = choose_filters(quizzes, browse)
    order = choose_order()
    unsure = choose_drawing()
if len(found) == 0:
    st.info(
        "No quiz fits these filters. Choose another source, task, structure or kind of answers.",
        icon=":material/filter_alt_off:",
    )
else:
    scope = Scope(population, loaders.any_hook(population))
    table = in_order(loaders.browse_table(population).iloc[found], order)
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
        "Behind the line: each GPT's answer, wrong cells crossed. Click a cell to look inside the GPTs there."
    )
    if any(int(i) in invented for i in shown):
        for told in kept_words(loaders.culture(population).runs):
            st.caption(told)
    show_quizzes(scope, rows, shown, unsure, display)
show_missing(population, quizzes)
