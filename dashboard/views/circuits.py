"""Circuits: what each layer, head and MLP is needed for, what the heads attend to, what each layer knows."""

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.circuits.attention import show_attention
from dashboard.components.circuits.heads import choose_head, show_heads
from dashboard.components.circuits.lens import show_lens
from dashboard.components.circuits.parts import show_parts
from dashboard.components.lab.quiz import choose_quiz, show_caption
from dashboard.components.page.display import choose_display
from dashboard.components.page.problem import tell
from dashboard.components.page.scope import choose_population
from dashboard.data.population import measurements

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Circuits", width="content")
    population = choose_population()
    display = choose_display()
try:
    circuits = measurements.circuits(population)
except CultureError as error:
    circuits = {}
    tell(error)
if circuits:
    st.header("What each part is needed for")
    show_parts(circuits)
st.header("What the heads attend to")
with st.container(horizontal=True, vertical_alignment="bottom"):
    model_k, head = choose_head(population)
    quiz = choose_quiz(population)
show_caption(quiz)
if circuits:
    show_heads(circuits, model_k, head)
show_attention(population, model_k, head, quiz.tokens, display)
st.header("What each layer knows")
st.caption(
    "The logit lens: the readout applied to the state after each block, each cell predicted from the right "
    "cells before it. Wrong cells are crossed; point at a cell for the probability of the right colour."
)
show_lens(population, model_k, quiz.tokens, display)
