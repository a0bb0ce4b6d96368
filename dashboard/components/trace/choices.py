"""What is traced: a GPT, a cell of the last grid, and the colour that the right one is compared with."""

import streamlit as st

from culture_core.world.vocabulary import COLOUR_NAMES, GRID_SIDE, LAST_GRID, QUIZ_LENGTH
from dashboard.components.page import permalink
from dashboard.data.population import populations
from dashboard.data.population.populations import Population
from dashboard.data.quiz.cell_facts import deciding_position
from dashboard.data.quiz.chosen_quiz import ChosenQuiz

STRONGEST = "the strongest"


def choose_gpt(population: Population) -> int:
    """A selector of the GPT; the one of the URL.

    Errors: CultureError for one that is not there.
    """
    model_k = populations.the_model(population, permalink.read("gpt"))
    st.selectbox(
        "GPT",
        population.models,
        format_func=lambda k: f"GPT {k}",
        width=100,
        **permalink.bound("gpt", model_k, resets=("against", "change", "part")),
    )
    return model_k


def choose_cell(quiz: ChosenQuiz) -> int:
    """Selectors of the row and the column of the last grid; the position of the URL, by default the first
    cell that the rule changes.

    Errors: CultureError for a position outside the last grid.
    """
    first = deciding_position(quiz.clean)
    position = permalink.read_number("cell", LAST_GRID.start, QUIZ_LENGTH - 1, first, of="the last grid")
    row, column = divmod(position - LAST_GRID.start, GRID_SIDE)
    for label, key, current, other in (("Row", "row", row, column), ("Column", "column", column, row)):
        bound = f"trace.{key}"
        if st.session_state.get(bound) != current:
            st.session_state[bound] = current
        st.selectbox(
            label, range(GRID_SIDE), key=bound, width=75, on_change=_move, args=(bound, key == "row", other)
        )
    return position


def choose_other(right: int) -> int | None:
    """A selector of the colour that the right one is compared with; None for the strongest other.

    Errors: CultureError for a colour that is not there, or is the right one.
    """
    names = [STRONGEST, *(name for token, name in enumerate(COLOUR_NAMES) if token != right)]
    name = permalink.read_choice("against", names, STRONGEST)
    st.selectbox(
        "Against",
        names,
        width=130,
        **permalink.bound(
            "against",
            name,
            resets=("change", "part"),
            encode=lambda chosen: None if chosen == STRONGEST else chosen,
        ),
    )
    return None if name == STRONGEST else COLOUR_NAMES.index(name)


def _move(key: str, is_row: bool, other: int) -> None:
    chosen = st.session_state[key]
    row, column = (chosen, other) if is_row else (other, chosen)
    permalink.write(cell=LAST_GRID.start + row * GRID_SIDE + column, against=None, change=None, part=None)
