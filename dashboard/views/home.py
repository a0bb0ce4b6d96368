"""Home: who the GPTs are, how a quiz works, what their SAEs are worth, what to look at first."""

import streamlit as st

import loaders
from components.charts import chart
from components.display import Display, choose_display
from components.feature_rows import activation_scale, top_rows
from components.grid_board import grid_board
from components.problem import tell
from components.scope import Scope, choose_population
from components.tables import population_table, sae_table
from culture_core.errors import CultureError
from culture_core.figures.charts import accuracy_chart
from culture_core.figures.rows import quiz_row
from selection import most_universal

FIRST_LOOKS = 6
EXAMPLE_TASK = "frame"


def introduce(population: loaders.Population) -> None:
    st.markdown(
        f"**{len(population.models)} GPTs** were trained apart, from different random starts, on the same "
        "kind of puzzle. A sparse autoencoder (SAE) takes each one's inner state apart into **features**. "
        "Here you see what a feature fires on, and whether the others found the **same feature** too."
    )


def explain_quiz(population: loaders.Population, display: Display) -> None:
    quizzes = loaders.browse_quizzes(population)
    example = next(
        i
        for i, (task, structure) in enumerate(zip(quizzes.task, quizzes.structure, strict=True))
        if (task == EXAMPLE_TASK and structure == "A,f_A,B,f_B") or i == len(quizzes.task) - 1
    )
    left, right = st.columns([5, 3], gap="large", vertical_alignment="center")
    with left:
        row = quiz_row(quizzes.tokens[example], clean=quizzes.clean[example], caption=quizzes.task[example])
        grid_board(
            [row], key="example", digits=display.digits, colour_key=display.colour_key, clickable=False
        )
    right.markdown(
        "A hidden rule **f** turns the grid A into f(A). The GPT reads A, f(A) and B cell by cell and must "
        "write **f(B)**, all 100 cells right. A cell is one token, and each grid starts with a marker token: "
        "404 tokens in all. A few cells of B may be noise."
    )
    right.page_link(
        "views/quizzes.py", label="Browse quizzes and the five answers", icon=":material/grid_view:"
    )


def show_population(population: loaders.Population, _: Display) -> None:
    evaluation = loaders.evaluation(population)
    table = population_table(population.manifest, evaluation)
    left, right = st.columns(2, gap="large")
    with left:
        st.table(table, border="horizontal")
        quizzes = evaluation["models"][0]["quizzes"]
        config = population.manifest["config"]
        st.caption(
            f"{config['n_blocks']} blocks of {config['n_heads']} heads, width {config['d_model']}. "
            f"Measured on {quizzes:,} quizzes never trained on, an equal share of each task. *Quizzes "
            "right*: every cell takes its most likely colour, all 100 must be right. *Sampled right*: "
            "colours are drawn from the GPT's probabilities instead."
        )
    with right:
        alt = "; ".join(f"GPT {m['id']} {m['greedy_accuracy']:.0%}" for m in evaluation["models"])
        chart(
            accuracy_chart(evaluation["models"]),
            f"Accuracy of the GPTs by task. Overall: {alt}",
            key="accuracy",
        )


def show_saes(population: loaders.Population, _: Display) -> None:
    for hook in population.hooks or [loaders.the_hook(population, None)]:
        st.markdown(f"at `{hook}`")
        st.table(sae_table(loaders.saes(population, hook)), border="horizontal")
    st.caption(
        "*L0*: features that fire on a token, on average. *Explained variance*: how much of the state the "
        "features rebuild. *Dead*: features that never fire. *with it*: the GPT runs on the rebuilt state."
    )


def show_first_looks(population: loaders.Population, display: Display) -> None:
    scope = Scope(population, loaders.the_hook(population, None))
    st.markdown(
        "The most universal of the selective features: each other GPT has one that fires on much the "
        "same cells. The area of a **black square** is the activation after a cell; silent cells are pale."
    )
    indexes = {k: loaders.index(scope.population, scope.hook, k) for k in scope.population.models}
    matches = loaders.matches(scope.population, scope.hook)
    refs = most_universal(matches, {k: index.table for k, index in indexes.items()}, FIRST_LOOKS)
    columns = st.columns(2, gap="large")
    for place, ref in enumerate(refs):
        index = indexes[ref.model_k]
        row = top_rows(index, loaders.index_quizzes(index), ref.feature, 1)
        parameters = scope.link(gpt=ref.model_k, feature=ref.feature)
        with columns[place % 2].container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.page_link(
                    "views/feature.py",
                    label=f"**GPT {ref.model_k} · feature {ref.feature}**",
                    icon=":material/bolt:",
                    query_params=parameters,
                )
                st.badge(
                    f"r {ref.universality:.2f}", color="green", help="mean over the other GPTs of the best r"
                )
                st.page_link(
                    "views/universal.py",
                    label="all five side by side",
                    icon=":material/compare:",
                    query_params=parameters,
                )
            grid_board(
                row,
                key=f"first.{place}",
                scale=activation_scale(index, ref.feature),
                digits=display.digits,
                legend=False,
                row_width=320,
                clickable=False,
            )


with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("What five GPTs learn of one world", width="content")
    population = choose_population()
    display = choose_display()
introduce(population)
sections = (
    ("A quiz", explain_quiz),
    ("What to look at first", show_first_looks),
    ("The GPTs", show_population),
    ("Their SAEs", show_saes),
)
for heading, section in sections:
    st.header(heading)
    try:
        section(population, display)
    except CultureError as error:
        tell(error)
