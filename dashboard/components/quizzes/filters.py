"""Which quizzes are shown, in which order, and what is drawn on the answers; all tied to the URL."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from culture_core.answers.browse import BrowseSet
from culture_core.figures.style import ValueScale
from dashboard.components.page import permalink
from dashboard.data.choices import EVERYTHING
from dashboard.data.feature.stepping import page_of
from dashboard.data.quiz.quiz_filter import BY_GPT, FAILURES, choose_quizzes
from dashboard.data.quiz.quiz_table import IN_TURN, ORDERS
from dashboard.data.quiz.quizzes import Quizzes

PER_PAGE = 8
SOURCE_NAMES = {
    EVERYTHING: "all quizzes",
    "world": "world",
    "unseen": "unseen tasks",
    "culture": "culture",
}
ABOUT_SOURCE = (
    "World: the eight tasks the GPTs were trained on. Unseen: seven tasks of the same world that they never "
    "saw. Culture: quizzes the GPTs invented, kept because one or two GPTs failed them and the others "
    "understood them."
)
DOUBT = ValueScale("probability of a wrong colour", 1.0)
UNSURE, PLAIN = "unsure", "nothing"
DRAWINGS = {PLAIN: "nothing", UNSURE: "where each is unsure"}


def choose_filters(quizzes: Quizzes, browse: BrowseSet) -> np.ndarray:
    """Draw the filters; return the numbers of the quizzes they leave."""
    source = _choose_source(quizzes)
    fitting = [t for t, s in zip(quizzes.task, quizzes.source, strict=True) if source in (EVERYTHING, s)]
    task = choose_name("task", "Task", list(dict.fromkeys(fitting)), "all tasks", width=140)
    structure = choose_name(
        "structure",
        "Structure",
        sorted(set(quizzes.structure)),
        "all structures",
        width=150,
        help="The order in which the four grids are read; the last is the one to predict.",
    )
    failing = _choose_failing()
    answers = _choose_by_gpt(browse.models)
    return choose_quizzes(
        quizzes.task,
        quizzes.structure,
        browse.correct,
        browse.models,
        task=task,
        structure=structure,
        failing=failing,
        answers=answers,
        sources=quizzes.source,
        source=source,
    )


def _choose_source(quizzes: Quizzes) -> str:
    """Draw the choice of a source where there are several."""
    sources = [EVERYTHING, *dict.fromkeys(quizzes.source)]
    source = permalink.read_choice("source", sources, EVERYTHING)
    if len(sources) > 2:
        st.selectbox(
            "Source",
            sources,
            format_func=SOURCE_NAMES.__getitem__,
            width=130,
            help=ABOUT_SOURCE,
            **permalink.bound("source", source, resets=("page", "task")),
        )
    return source


def choose(
    name: str, label: str, options: dict[str, str], default: str, *, width: int, help: str = ""
) -> str:
    """Draw a choice among options, by what each is called; another one leads back to the first page."""
    chosen = permalink.read_choice(name, options, default)
    st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        width=width,
        help=help or None,
        **permalink.bound(name, chosen, resets=("page",)),
    )
    return chosen


def choose_name(
    name: str, label: str, known: list[str], everything: str, *, width: int, help: str = ""
) -> str:
    """Draw a choice among names, or all of them."""
    options = {EVERYTHING: everything, **{one: one.replace(",", ", ") for one in known}}
    return choose(name, label, options, EVERYTHING, width=width, help=help)


def _choose_failing() -> str:
    """Draw the choice of how many fail."""
    return choose("answers", "Answers", FAILURES, EVERYTHING, width=195)


def _choose_by_gpt(models: Sequence[int]) -> dict[int, str]:
    """Draw the choice of right or wrong for every GPT."""
    answers = {k: permalink.read_choice(f"gpt{k}", BY_GPT, EVERYTHING) for k in models}
    asked = ", ".join(f"{k} {answer}" for k, answer in answers.items() if answer != EVERYTHING)
    with st.popover(f"By GPT: {asked}" if asked else "By GPT", icon=":material/rule:"):
        st.caption("Quizzes that each GPT answers right, wrong, or either way")
        for k, answer in answers.items():
            st.segmented_control(
                f"GPT {k}",
                list(BY_GPT),
                format_func=BY_GPT.__getitem__,
                required=True,
                **permalink.bound(f"gpt{k}", answer, resets=("page",)),
            )
    return answers


def choose_order() -> str:
    return choose("order", "Order", ORDERS, IN_TURN, width=170)


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
        help="Black squares show the probability a GPT gives to all wrong colours together, cell by cell, "
        "given the right cells before.",
        **permalink.bound("show", drawing),
    )
    return drawing == UNSURE
