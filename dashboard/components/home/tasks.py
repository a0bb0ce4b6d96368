"""The tasks that the GPTs learn, and those they never see: one sentence and one example each."""

from collections.abc import Sequence

import streamlit as st

from culture_core.world.vocabulary import UNSEEN_TASKS, WORLD_TASKS
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope, scope_of
from dashboard.data.population.populations import Population
from dashboard.data.words.number_words import number_word
from dashboard.data.words.task_words import EXAMPLE_SEED, TASK_WORDS, example_row

PER_LINE = 4


def show_tasks(population: Population, display: Display) -> None:
    """Draw all tasks of the world."""
    scope = scope_of(population)
    st.markdown(
        f"A rule belongs to one of {number_word(len(WORLD_TASKS))} tasks. Quizzes are made by a program that "
        "knows the rule, so the truth about every cell is known."
    )
    show_examples(scope, WORLD_TASKS, display)
    with st.expander(f"The {number_word(len(UNSEEN_TASKS))} tasks that no GPT was trained on"):
        st.caption("They test what the GPTs do with rules they have never seen.")
        show_examples(scope, UNSEEN_TASKS, display)


def show_examples(scope: Scope, tasks: Sequence[str], display: Display) -> None:
    """Draw tasks side by side."""
    for first in range(0, len(tasks), PER_LINE):
        line = tasks[first : first + PER_LINE]
        for place, task in zip(st.columns(PER_LINE, gap="medium"), line, strict=False):
            with place:
                show_task(scope, task, display)


def show_task(scope: Scope, task: str, display: Display) -> None:
    st.page_link(
        "views/lab.py",
        label=f"**{task}**",
        help="Open this example in the Lab",
        query_params=scope.link(task=task, seed=EXAMPLE_SEED),
    )
    grid_board(
        [example_row(task)],
        key=f"task.{task}",
        digits=display.digits,
        legend=False,
        row_width=180,
        max_cell=12,
        clickable=False,
    )
    st.caption(TASK_WORDS[task])
