"""What to look at first, and where to go from Home."""

import streamlit as st

from dashboard.components.feature.overlays import activation_scale, top_rows
from dashboard.components.grid_board.board import grid_board
from dashboard.components.home.story import detects, feature_link
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope, scope_of, scope_with_saes
from dashboard.data.population import indexes
from dashboard.data.population.populations import Population
from dashboard.data.quiz import quiz_sets
from dashboard.data.universal.story import universal_refs
from dashboard.data.universal.universal_features import FeatureRef
from dashboard.data.words.number_words import number_word

WAYS_ON = (
    (
        "views/features.py",
        "Features",
        ":material/table_rows:",
        "every feature of every GPT in one table: sort, filter, star",
    ),
    (
        "views/universal.py",
        "Universal",
        ":material/compare:",
        "a feature and its matches side by side, beside baselines",
    ),
    (
        "views/quizzes.py",
        "Quizzes",
        ":material/grid_view:",
        "every GPT's answers to hundreds of quizzes: which fail, and where",
    ),
    (
        "views/cell.py",
        "Cell view",
        ":material/my_location:",
        "one cell: what each GPT expects there, which features fire",
    ),
    (
        "views/lab.py",
        "Lab",
        ":material/science:",
        "paint a quiz, steer features, ask why, let a GPT invent",
    ),
)


def headline(population: Population) -> str:
    """The title of the page."""
    n = len(population.models)
    return f"What {number_word(n)} GPT{'s learn' if n > 1 else ' learns'} of one world"


def introduce(population: Population) -> None:
    """What the pages are about."""
    n = number_word(len(population.models))
    who = "Each was trained on its own, from its own random start, on the same kind of puzzle."
    if len(population.models) == 1:
        st.markdown(
            "One GPT was trained on one kind of puzzle. A sparse autoencoder (SAE) takes its inner state "
            "apart into **features**. Here you see what each feature fires on."
        )
        return
    st.markdown(
        f"There are **{n} GPTs**. {who} A sparse autoencoder (SAE) takes the inner state of each apart into "
        "**features**. Here you see what a feature fires on, and whether the other GPTs have found the "
        "**same feature**."
    )


def show_first_looks(population: Population, display: Display) -> None:
    scope = scope_with_saes(population)
    st.markdown(
        "The most universal of the selective features, one of each group of matches, each on its strongest "
        "quiz. Click a cell to see everything that fires there."
    )
    columns = st.columns(2, gap="large")
    for place, ref in enumerate(universal_refs(population, scope.hook)):
        with columns[place % 2].container(border=True, key=f"card-{place}"):
            show_thumbnail(scope, ref, display, key=f"first.{place}")


def show_thumbnail(scope: Scope, ref: FeatureRef, display: Display, *, key: str) -> None:
    index = indexes.index(scope.population, scope.hook, ref.model_k)
    with st.container(horizontal=True, vertical_alignment="center"):
        feature_link(scope, ref.model_k, ref.feature)
        st.badge(f"r {ref.universality:.2f}", color="green", help="mean over the other GPTs of the best r")
        st.page_link(
            "views/universal.py",
            label="side by side",
            icon=":material/compare:",
            query_params=scope.link(gpt=ref.model_k, feature=ref.feature),
        )
    grid_board(
        top_rows(index, indexes.index_quizzes(index), ref.feature, 1),
        key=key,
        scale=activation_scale(index, ref.feature),
        digits=display.digits,
        legend=False,
        row_width=320,
        clickable=False,
        addresses=scope.cell_addresses(quiz_sets.INDEX_SET, index.top_quiz[ref.feature, :1]),
    )
    if words := detects(scope, ref.model_k, ref.feature):
        st.caption(words)


def show_ways_on(population: Population) -> None:
    scope = scope_of(population)
    for column, (view, name, icon, words) in zip(st.columns(len(WAYS_ON)), WAYS_ON, strict=True):
        with column.container(border=True, height="stretch", gap="xsmall"):
            st.page_link(view, label=f"**{name}**", icon=icon, query_params=scope.link())
            st.caption(words)
