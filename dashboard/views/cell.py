"""Cell view: one cell of one quiz, what each GPT expects there, and the features that fire in each."""

import streamlit as st

from dashboard.components.cell_view.columns import choose_shown, choose_when, show_column
from dashboard.components.cell_view.quiz import choose_view, show_facts, show_quiz
from dashboard.components.cell_view.view import read_shown
from dashboard.components.downloads.grids import download_button, grid_downloads
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page.display import choose_display
from dashboard.components.page.scope import choose_population, scope_of
from dashboard.data.feature.firing_features import feature_frame
from dashboard.data.quiz.answers import answers
from dashboard.data.quiz.cell_facts import cell_facts

st.title("Cell view")
with st.container(horizontal=True, vertical_alignment="bottom"):
    population = choose_population()
    scope = scope_of(population)
    view = choose_view(scope)
    downloads = download_button()
    display = choose_display()
shown = read_shown(view)
facts = cell_facts(view.tokens, view.quiz.clean, view.position)
grids, about = st.columns([2, 1], gap="medium")
with grids:
    st.caption("Click a cell, or move with the arrow keys and press Enter, to see what happens there.")
    row, scale = show_quiz(view, shown, display)
with about:
    show_facts(view, facts)
    choose_shown(view, shown)
    when = choose_when()
st.caption(
    "Below: each GPT's answer, every cell predicted from the right cells before it. *By itself* counts the "
    "wrong cells of the grid that the GPT writes alone, where one mistake leads to others. Then how probable "
    "each token is at the chosen cell (the true one outlined), and the features that fire. Click a feature "
    "to draw it on the quiz and to mark its best matches in the other GPTs in green."
)
features = {k: view.features(k, when) for k in view.readings}
alone = answers(population, view.tokens).predicted
for place, column in enumerate(st.columns(len(view.readings), gap="small")):
    with column:
        model_k = population.models[place]
        show_column(view, facts, when, shown, model_k, features[model_k], alone[place])
with downloads:
    st.caption("The quiz as it is drawn")
    grid_downloads([row], scale, name="quiz", digits=display.digits)
    st.caption("The features that fire here in every GPT")
    table_downloads(lambda: feature_frame(features), name=f"features_at_{view.position}")
