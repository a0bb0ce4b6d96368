"""Circuits: what each head does and each part is needed for, what heads attend to, what each layer knows."""

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.circuits.attention import show_attention
from dashboard.components.circuits.catalogue import show_catalogue, show_head
from dashboard.components.circuits.heads import ALL_HEADS, choose_head, chosen_head
from dashboard.components.circuits.lens import show_lens
from dashboard.components.circuits.parts import show_parts
from dashboard.components.circuits.paths import show_paths
from dashboard.components.lab.quiz import choose_quiz, show_caption
from dashboard.components.page.display import choose_display
from dashboard.components.page.problem import mention, tell
from dashboard.components.page.scope import choose_population
from dashboard.data.circuit.head_catalogue import head_matches
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
model_k, head = chosen_head(population)
st.header("What each head does")
try:
    heads = measurements.heads(population)
except CultureError as error:
    mention(error)
else:
    matches = head_matches(population)
    table = show_catalogue(heads, matches, model_k, head)
    most_needed = table[model_k == table.GPT]["head"].iloc[0]
    show_head(heads, matches, circuits, model_k, most_needed if head == ALL_HEADS else head)
    st.header("What the heads tell each other")
    show_paths(heads[model_k], model_k)
if circuits:
    st.header("What each part is needed for")
    show_parts(circuits)
st.header("What the heads attend to")
with st.container(horizontal=True, vertical_alignment="bottom"):
    model_k, head = choose_head(population)
    quiz = choose_quiz(population)
show_caption(quiz)
show_attention(population, model_k, head, quiz.tokens, display)
st.header("What each layer knows")
st.caption(
    "The logit lens: the readout applied to the state after each block, each cell predicted from the right "
    "cells before it. Wrong cells are crossed; point at a cell for the probability of the right colour."
)
show_lens(population, model_k, quiz.tokens, display)
