"""The quiz of the Lab and of the Circuits page: where it starts from, and what the reader made of it."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from culture_core.errors import CultureError
from culture_core.world.codes import decode_quiz, encode_quiz, tokens_from_text
from culture_core.world.structures import ANSWERABLE
from culture_core.world.vocabulary import CULTURE, STRUCTURE_NAMES, TASKS, WORLD_TASKS
from dashboard.components.page import permalink
from dashboard.data import quiz_sets
from dashboard.data.lab_quizzes import LARGEST_SEED, empty_cells, start_quiz
from dashboard.data.populations import Population

STRUCTURES = [STRUCTURE_NAMES[number] for number in ANSWERABLE]
FIRST_TASK = "frame"
PASTED, PASTE_PROBLEM = "lab.pasted", "lab.paste_problem"


@dataclass(frozen=True)
class ChosenQuiz:
    """tokens: (404,) uint8, as edited; start: as it was before."""

    tokens: np.ndarray
    start: np.ndarray


def choose_quiz(population: Population, *, drawing: bool = False) -> ChosenQuiz:
    """Draw the controls that choose a quiz.

    drawing: the grids can be emptied, to draw a quiz.

    Errors: CultureError for a link that names no quiz.
    """
    start = _choose_start(population)
    code = permalink.read("quiz")
    tokens = start if code is None else decode_quiz(code).numpy()
    if drawing:
        st.button(
            "Empty",
            icon=":material/grid_off:",
            help="Empty all four grids, to draw a quiz",
            on_click=keep_quiz,
            args=(empty_cells(torch.from_numpy(tokens.copy())).numpy(),),
        )
    _paste_or_copy(tokens)
    if code is not None:
        st.button(
            "Back to the start",
            icon=":material/undo:",
            on_click=permalink.write,
            kwargs={"quiz": None, "cell": None},
        )
    return ChosenQuiz(tokens, start)


def keep_quiz(tokens: np.ndarray) -> None:
    """Put a quiz (404,) into the link. For callbacks."""
    permalink.write(quiz=encode_quiz(torch.from_numpy(np.asarray(tokens, dtype=np.uint8))), cell=None)


def chosen_task() -> str:
    """The task of the quiz's start, if it is one of the world's; else the first of them."""
    task = permalink.read("task") or FIRST_TASK
    return task if task in WORLD_TASKS else WORLD_TASKS[0]


def _choose_start(population: Population) -> np.ndarray:
    """Draw the selectors of task, structure and seed; return the quiz they name."""
    tasks = [*TASKS, CULTURE] if quiz_sets.has_culture(population) else list(TASKS)
    task = permalink.read_choice("task", tasks, FIRST_TASK)
    st.selectbox(
        "Task", tasks, width=170, **permalink.bound("task", task, resets=("quiz", "seed", "cell", "measured"))
    )
    if task == CULTURE:
        return _choose_culture(population)
    structure = permalink.read_choice("structure", STRUCTURES, STRUCTURES[0])
    st.selectbox(
        "Structure",
        STRUCTURES,
        format_func=lambda name: name.replace(",", ", "),
        width=170,
        **permalink.bound("structure", structure, resets=("quiz", "cell")),
    )
    seed = permalink.read_number("seed", 0, LARGEST_SEED, 0)
    st.number_input(
        "Seed", 0, LARGEST_SEED, width=130, **permalink.bound("seed", seed, resets=("quiz", "cell"))
    )
    st.button(
        "Another",
        icon=":material/casino:",
        help="Another quiz of this task",
        on_click=permalink.write,
        kwargs={"seed": int(np.random.default_rng().integers(LARGEST_SEED)), "quiz": None, "cell": None},
    )
    return start_quiz(task, structure, seed).numpy()


def _choose_culture(population: Population) -> np.ndarray:
    quizzes = quiz_sets.quizzes_of(population, "", quiz_sets.CULTURE_SET).tokens
    number = permalink.read_number("seed", 0, len(quizzes) - 1, 0, of="the culture quizzes")
    st.number_input(
        f"Number, 0 to {len(quizzes) - 1}",
        0,
        len(quizzes) - 1,
        width=150,
        **permalink.bound("seed", number, resets=("quiz", "cell")),
    )
    return quizzes[number]


def _paste_or_copy(tokens: np.ndarray) -> None:
    with st.popover("Paste or copy", icon=":material/content_paste:", width="content"):
        st.text_area(
            "404 tokens, as numbers or names, parted by anything",
            key=PASTED,
            placeholder="11, 0, 0, 3, 3, ...",
            max_chars=20_000,
        )
        st.button("Use this quiz", on_click=_use_pasted, type="primary")
        problem = st.session_state.get(PASTE_PROBLEM)
        if problem:
            st.error(problem, icon=":material/error:")
        st.caption("The quiz as it is now:")
        st.code(", ".join(map(str, tokens.tolist())), language=None, height=110, wrap_lines=True)


def _use_pasted() -> None:
    try:
        keep_quiz(tokens_from_text(st.session_state[PASTED]).numpy())
        st.session_state[PASTE_PROBLEM] = ""
    except CultureError as error:
        message = str(error)
        st.session_state[PASTE_PROBLEM] = message[:1].upper() + message[1:]
