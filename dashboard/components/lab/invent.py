"""Inventing quizzes in the Lab: candidates of one GPT, put to all; to look at, to open, to take away."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from culture_core.culture.settings import InventingSettings
from culture_core.culture.verdicts import KEPT
from culture_core.errors import typed
from culture_core.figures.rows import quiz_row
from dashboard.components.grid_board.board import grid_board
from dashboard.components.lab.keep import keep_quiz
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.data.circuit.steering import read_amount
from dashboard.data.population import populations
from dashboard.data.population.populations import Population
from dashboard.data.quiz import candidates
from dashboard.data.quiz.candidates import InventedQuizzes
from dashboard.data.quiz.lab_quizzes import LARGEST_SEED

N_CANDIDATES = 6
HOTTEST = 5.0


def show_inventing(population: Population, display: Display) -> None:
    """Draw the settings and, once asked for, the candidates."""
    author, settings, seed = _choose(population)
    if seed is None:
        st.info(
            "A GPT samples the first grid at a high temperature, so that it is new, and the others at a low "
            "one, so that they follow from it. Then every GPT judges the quiz: it understands when it finds "
            "the right grid probable in both directions. A quiz is worth keeping when one or two GPTs fail "
            "and the others understand. This takes some seconds.",
            icon=":material/lightbulb:",
        )
        return
    found = candidates.invented(population, author, settings, seed, N_CANDIDATES)
    rows = [
        quiz_row(found.tokens[n], caption=f"Candidate {n}", detail=found.detail(n)) for n in found.proper()
    ]
    if not rows:
        st.info("Every candidate has a cell that is not a colour. Lower a temperature, or invent others.")
        return
    grid_board(
        rows,
        key="invented",
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=520,
        max_cell=14,
        clickable=False,
    )
    _show_verdicts(population, found, author, settings, seed)


def _choose(population: Population) -> tuple[int, InventingSettings, int | None]:
    author = populations.the_model(population, permalink.read("author"))
    hot = read_amount(permalink.read("hot"), 1.5, largest=HOTTEST)
    cold = read_amount(permalink.read("cold"), 1.0, largest=HOTTEST)
    seed = None
    if permalink.read("invent") is not None:
        seed = permalink.read_number("invent", 0, LARGEST_SEED, 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Author",
            population.models,
            format_func=lambda k: f"GPT {k}",
            width=130,
            **permalink.bound("author", author),
        )
        for name, label, value in (
            ("hot", "Temperature of the first grid", hot),
            ("cold", "Temperature of the others", cold),
        ):
            st.slider(
                label,
                0.0,
                HOTTEST,
                step=0.1,
                width=220,
                **permalink.bound(name, max(0.0, value), encode=lambda chosen: f"{chosen:.1f}"),
            )
        st.button(
            "Invent" if seed is None else "Invent others",
            icon=":material/lightbulb:",
            type="primary",
            on_click=permalink.write,
            kwargs={"invent": int(np.random.default_rng().integers(LARGEST_SEED))},
        )
    return author, InventingSettings(max(0.0, hot), max(0.0, cold)), seed


def _show_verdicts(
    population: Population,
    found: InventedQuizzes,
    author: int,
    settings: InventingSettings,
    seed: int,
) -> None:
    proper = found.proper()
    st.dataframe(
        candidates.verdict_table(found, population.models),
        hide_index=True,
        width="content",
        alt="Verdicts by candidate",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for n in proper:
            st.button(
                f"Edit candidate {n}",
                icon=":material/edit:",
                key=f"edit.{n}",
                on_click=keep_quiz,
                args=(found.tokens[n],),
            )
    chosen = st.multiselect(
        "Keep",
        proper,
        default=[n for n in proper if found.reason[n] == KEPT],
        format_func=lambda n: f"candidate {n}",
        key=f"keep.{author}.{seed}.{settings.hot}.{settings.cold}",
        placeholder="Choose candidates to download",
    )
    _downloads(population, found, chosen, author, settings, seed)


def _downloads(
    population: Population,
    found: InventedQuizzes,
    chosen: Sequence[int],
    author: int,
    settings: InventingSettings,
    seed: int,
) -> None:
    """Draw the buttons that take candidates away, and what to do with them."""
    with st.container(horizontal=True):
        st.download_button(
            "c_quizzes.pth",
            lambda: candidates.as_published(found.tokens[list(chosen)]),
            "c_quizzes.pth",
            disabled=not chosen,
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "JSON with verdicts",
            lambda: candidates.as_json(found, chosen, population.models, author, settings, seed),
            "culture_quizzes.json",
            "application/json",
            disabled=not chosen,
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption("To add the file to the population for training:")
    st.code(
        typed("invent", "--population", population.folder.root, "--import-quizzes", "c_quizzes.pth"),
        language="bash",
    )
