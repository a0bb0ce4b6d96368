"""Quizzes: those with answers, by source, task, structure and who is right; and what the GPTs invented."""

import streamlit as st

from dashboard.components.page.scope import choose_population, scope_of
from dashboard.components.quizzes.answered import show_answered
from dashboard.components.quizzes.gallery import INVENTIONS, choose_view, show_gallery

st.title("Quizzes and answers")
population = choose_population()
if choose_view(population) == INVENTIONS:
    show_gallery(scope_of(population))
else:
    show_answered(population)
