"""The quiz of the Lab, the Cell view and the Circuits page: where it comes from, and what the reader made of
it."""

import numpy as np
import streamlit as st
import torch

from culture_core.world.codes import decode_quiz
from culture_core.world.structures import ANSWERABLE
from culture_core.world.vocabulary import STRUCTURE_NAMES, TASKS
from dashboard.components.lab.keep import OF_A_QUIZ, keep_quiz
from dashboard.components.lab.paste import paste_or_copy
from dashboard.components.page import permalink
from dashboard.data.population import populations
from dashboard.data.population.populations import Population
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.chosen_quiz import (
    NEW_SET,
    SET_NAMES,
    ChosenQuiz,
    Origin,
    new_quiz,
    quiz_of_set,
    sets_of,
)
from dashboard.data.quiz.lab_quizzes import LARGEST_SEED, empty_cells

STRUCTURES = [STRUCTURE_NAMES[number] for number in ANSWERABLE]
FIRST_TASK = "frame"


def choose_quiz(
    population: Population,
    *,
    first_set: str = NEW_SET,
    editing: bool = True,
    drawing: bool = False,
    resets: tuple[str, ...] = OF_A_QUIZ,
) -> ChosenQuiz:
    """Draw the controls that choose a quiz.

    first_set: where quizzes come from unless the link says so. editing: quizzes can be pasted and reordered.
    drawing: the grids can be emptied, to draw a quiz. resets: query parameters that another quiz takes away.

    Errors: CultureError for a link that names no quiz.
    """
    origin = _choose_origin(population, first_set, resets)
    code = permalink.read("quiz")
    quiz = ChosenQuiz(origin, origin.tokens if code is None else decode_quiz(code).numpy())
    if editing:
        _choose_structure(quiz)
    if drawing:
        _offer_emptying(quiz.tokens)
    if editing:
        paste_or_copy(quiz.tokens)
    if code is not None:
        st.button(
            "Back to the start",
            icon=":material/undo:",
            help=f"Back to {origin.words()}",
            on_click=permalink.write,
            kwargs=dict.fromkeys(resets),
        )
    return quiz


def show_caption(quiz: ChosenQuiz) -> None:
    """Say what the quiz is."""
    what, beside = quiz.caption()
    st.markdown(f"**{what}** :small[{beside}]")


def _choose_origin(population: Population, first_set: str, resets: tuple[str, ...]) -> Origin:
    """Draw the selectors of a set and of a quiz in it; return the quiz."""
    sets = sets_of(population)
    quiz_set = permalink.read_choice("set", sets, first_set)
    st.selectbox(
        "Quizzes",
        sets,
        format_func=SET_NAMES.__getitem__,
        width=200,
        **permalink.bound("set", quiz_set, resets=("number", *resets)),
    )
    return _choose_new(resets) if quiz_set == NEW_SET else _choose_stored(population, quiz_set, resets)


def _choose_new(resets: tuple[str, ...]) -> Origin:
    """Draw the selectors of task and seed; return the quiz they name."""
    task = permalink.read_choice("task", list(TASKS), FIRST_TASK)
    structure = permalink.read_choice("structure", STRUCTURES, STRUCTURES[0])
    seed = permalink.read_number("seed", 0, LARGEST_SEED, 0)
    st.selectbox("Task", TASKS, width=150, **permalink.bound("task", task, resets=("seed", *resets)))
    st.number_input("Seed", 0, LARGEST_SEED, width=120, **permalink.bound("seed", seed, resets=resets))
    st.button(
        "Another",
        icon=":material/casino:",
        help="Another quiz of this task",
        on_click=permalink.write,
        kwargs={
            **dict.fromkeys(resets),
            "set": NEW_SET,
            "task": task,
            "seed": int(np.random.default_rng().integers(LARGEST_SEED)),
        },
    )
    return new_quiz(task, structure, seed)


def _choose_stored(population: Population, quiz_set: str, resets: tuple[str, ...]) -> Origin:
    """Draw the selectors of a quiz of a set; return it."""
    hook = populations.any_hook(population, permalink.read("hook"))
    n = len(quiz_sets.quizzes_of(population, hook, quiz_set).tokens)
    number = permalink.read_number("number", 0, n - 1, 0, of=f"the quizzes {SET_NAMES[quiz_set]}")
    st.number_input(
        f"Quiz, 0 to {n - 1}", 0, n - 1, width=130, **permalink.bound("number", number, resets=resets)
    )
    for label, icon, other in (
        ("Previous", ":material/chevron_left:", (number - 1) % n),
        ("Next", ":material/chevron_right:", (number + 1) % n),
        ("Random", ":material/casino:", int(np.random.default_rng().integers(n))),
    ):
        st.button(
            label,
            icon=icon,
            on_click=permalink.write,
            kwargs={**dict.fromkeys(resets), "set": quiz_set, "number": other},
        )
    return quiz_of_set(population, hook, quiz_set, number)


def _choose_structure(quiz: ChosenQuiz) -> None:
    """Draw the selector of the order of the grids, which keeps the grids themselves."""
    structure = quiz.structure
    options = STRUCTURES if structure in STRUCTURES else [*STRUCTURES, structure]
    bound = permalink.bound("order_of_grids", structure)
    st.selectbox(
        "Structure",
        options,
        format_func=lambda name: name.replace(",", ", "),
        width=150,
        help="The order in which the four grids are read. Another order keeps the grids.",
        **{**bound, "on_change": _reorder, "args": (quiz, bound["key"])},
    )


def _reorder(quiz: ChosenQuiz, key: str) -> None:
    structure = st.session_state[key]
    if quiz.as_it_was and quiz.origin.quiz_set == NEW_SET:
        permalink.write(**{**dict.fromkeys(OF_A_QUIZ), "structure": structure})
    else:
        keep_quiz(quiz.in_structure(structure))


def _offer_emptying(tokens: np.ndarray) -> None:
    st.button(
        "Empty",
        icon=":material/grid_off:",
        help="Empty all four grids, to draw a quiz",
        on_click=keep_quiz,
        args=(empty_cells(torch.from_numpy(tokens.copy())).numpy(),),
    )
