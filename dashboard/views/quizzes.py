"""Quizzes: those with answers, by source, task, structure and who is right; and what the GPTs invented."""

import streamlit as st

from dashboard.components.page.scope import Scope, choose_population
from dashboard.components.quizzes.answered import show_answered
from dashboard.components.quizzes.gallery import INVENTIONS, choose_view, show_gallery
from dashboard.data import populations

st.title("Quizzes and answers")
population = choose_population()
if choose_view(population) == INVENTIONS:
    show_gallery(Scope(population, populations.any_hook(population)))
else:
    show_answered(population)
