"""Lab: draw a quiz, see every GPT's answer, watch features, steer them, ask why, let a GPT invent."""

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.grid_editor.editor import grid_editor
from dashboard.components.lab.answers import answer_rows, answers_board
from dashboard.components.lab.features import choose_features, show_activations
from dashboard.components.lab.invent import show_inventing
from dashboard.components.lab.keep import keep_quiz
from dashboard.components.lab.quiz import choose_quiz, show_caption
from dashboard.components.lab.steer import show_steering
from dashboard.components.lab.why import show_why, the_cell
from dashboard.components.page import permalink
from dashboard.components.page.display import choose_display
from dashboard.components.page.problem import tell
from dashboard.components.page.scope import choose_population, scope_of, scope_with_saes
from dashboard.data.quiz import answers

WATCH, STEER, WHY, INVENT = "watch", "steer", "why", "invent"
PARTS = {
    WATCH: ":material/bolt: Activations",
    STEER: ":material/tune: Steer",
    WHY: ":material/help: Why this answer",
    INVENT: ":material/lightbulb: Invent",
}


def choose_part() -> str:
    part = permalink.read_choice("part", PARTS, WATCH)
    st.segmented_control(
        "What to look at",
        list(PARTS),
        format_func=PARTS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **permalink.bound("part", part),
    )
    return part


with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Lab", width="content")
    population = choose_population()
    display = choose_display()
with st.container(horizontal=True, vertical_alignment="bottom"):
    quiz = choose_quiz(population, drawing=True)
tokens = quiz.tokens
show_caption(quiz)
grid_editor(tokens, keep_quiz, key="editor", digits=display.digits)
intact = answers.answers(population, tokens)
st.caption(
    "What each GPT writes as the last grid. Cells that differ from the grid above are crossed. Click a cell "
    "to see every feature that fires there."
)
answers_board(
    answer_rows(tokens, intact, [f"GPT {k}" for k in population.models]),
    display,
    key="answers",
    address=scope_of(population).link(**quiz.link()),
)
part = choose_part()
if part == INVENT:
    show_inventing(population, display)
else:
    try:
        scope = scope_with_saes(population)
        position = the_cell(tokens, intact)
        if part == WHY:
            show_why(scope, quiz, position, display)
        else:
            names = choose_features(scope, quiz, position)
            if part == WATCH:
                show_activations(scope, names, tokens, display)
            else:
                show_steering(scope, names, quiz, position, intact, display)
    except CultureError as error:
        tell(error)
