"""Quizzes: browse them by task, structure and who fails; the five answers beside the truth."""

import numpy as np
import streamlit as st

import loaders
from components import permalink
from components.display import Display, choose_display
from components.grid_board import grid_board
from components.scope import Scope, choose_population
from culture_core.evaluation.browse import BrowseSet
from culture_core.figures.rows import GridRow, answered_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import LAST_GRID
from selection import EVERYTHING, choose_quizzes, failure_options, page_of

PER_PAGE = 8


def choose_filters(quizzes: loaders.Quizzes, browse: BrowseSet) -> np.ndarray:
    """Draw the filters; return the numbers of the quizzes they leave."""
    tasks = [EVERYTHING, *dict.fromkeys(quizzes.task)]
    structures = [EVERYTHING, *sorted(set(quizzes.structure))]
    failures = failure_options(browse.models)
    task = permalink.read_choice("task", tasks, EVERYTHING)
    structure = permalink.read_choice("structure", structures, EVERYTHING)
    failing = permalink.read_choice("answers", failures, EVERYTHING)
    st.selectbox(
        "Task",
        tasks,
        format_func=lambda name: "all tasks" if name == EVERYTHING else name,
        width=190,
        **permalink.bound("task", task, resets=("page",)),
    )
    st.selectbox(
        "Structure",
        structures,
        format_func=lambda name: "all structures" if name == EVERYTHING else name.replace(",", ", "),
        width=190,
        **permalink.bound("structure", structure, resets=("page",)),
    )
    st.selectbox(
        "Answers",
        list(failures),
        format_func=failures.__getitem__,
        width=230,
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
    )


def choose_page(n_quizzes: int) -> slice:
    """Draw the page selector; return which of the quizzes to show."""
    n_pages = max(1, -(-n_quizzes // PER_PAGE))
    page = min(permalink.read_number("page", 1, 10**6, 1), n_pages)
    st.number_input(f"Page, 1 to {n_pages}", 1, n_pages, width=140, **permalink.bound("page", page))
    return page_of(n_quizzes, PER_PAGE, page)


def quiz_answers(quizzes: loaders.Quizzes, browse: BrowseSet, i: int) -> GridRow:
    """Quiz i with the answer of every GPT behind its truth; hover shows the probability of the right cell."""
    wrong = (browse.predicted[:, i] != quizzes.tokens[i, LAST_GRID]).sum(1)
    labels = [
        f"GPT {k} ✓" if n == 0 else f"GPT {k}, {n} wrong" for k, n in zip(browse.models, wrong, strict=True)
    ]
    return answered_row(
        quizzes.tokens[i],
        browse.predicted[:, i],
        labels,
        values=browse.probability[:, i].astype(np.float32),
        clean=quizzes.clean[i],
        caption=quizzes.task[i],
        detail=f"quiz {i} · {(wrong == 0).sum()} of {len(wrong)} right",
    )


def show_quizzes(
    scope: Scope, quizzes: loaders.Quizzes, browse: BrowseSet, shown: np.ndarray, display: Display
) -> None:
    grid_board(
        [quiz_answers(quizzes, browse, int(i)) for i in shown],
        key="quizzes",
        scale=ValueScale("probability of the right cell", 1.0),
        ink=False,
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=680,
        clickable=False,
        addresses=scope.cell_addresses(loaders.BROWSE_SET, shown),
    )


st.title("Quizzes and answers")
with st.container(horizontal=True, vertical_alignment="bottom"):
    population = choose_population()
    browse = loaders.browse(population)
    quizzes = loaders.browse_quizzes(population)
    found = choose_filters(quizzes, browse)
    shown = choose_page(len(found))
    display = choose_display()
if len(found) == 0:
    st.info(
        "No quiz fits these filters. Choose another task, structure or kind of answers.",
        icon=":material/filter_alt_off:",
    )
else:
    accuracy = ", ".join(
        f"GPT {k} {share:.0%}"
        for k, share in zip(browse.models, browse.correct[:, found].mean(1), strict=True)
    )
    st.caption(
        f"Quizzes {shown.start + 1} to {shown.stop} of {len(found)}. Answered right of these: {accuracy}. "
        "Behind the line: each GPT's greedy answer; point at a cell for the probability of its right colour."
    )
    scope = Scope(population, loaders.any_hook(population))
    show_quizzes(scope, quizzes, browse, found[shown], display)
