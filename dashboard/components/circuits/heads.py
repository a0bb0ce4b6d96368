"""What the heads attend to: all heads in a table, one by offset."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from culture_core.evaluation.circuits import Circuits
from culture_core.figures.circuits import offset_profile
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.data.circuit.circuit_tables import best_copier, head_table
from dashboard.data.population import gpts, populations
from dashboard.data.population.populations import Population

ALL_HEADS = "all"
SHARES = ("copy score", "1 back", "2 back", "3 back", "just read", "the 0 in front")


def choose_head(population: Population) -> tuple[int, str]:
    """Draw the choice of a GPT and a head; return its id and the head, as in "1.0", or ALL_HEADS.

    Errors: CultureError for a GPT or head that is not there.
    """
    model_k = populations.the_model(population, permalink.read("gpt"))
    config = gpts.model(population, model_k).config
    heads = [f"{block}.{head}" for block in range(config.n_blocks) for head in range(config.n_heads)]
    head = permalink.read_choice("head", [ALL_HEADS, *heads], ALL_HEADS)
    st.selectbox(
        "GPT",
        population.models,
        format_func=lambda k: f"GPT {k}",
        width=130,
        **permalink.bound("gpt", model_k),
    )
    st.selectbox(
        "Head",
        [ALL_HEADS, *heads],
        format_func=lambda name: "all heads" if name == ALL_HEADS else f"head {name}",
        width=140,
        **permalink.bound("head", head),
    )
    return model_k, head


def show_heads(circuits: Mapping[int, Circuits], model_k: int, head: str) -> None:
    """Draw the table of all heads and the profile of the chosen one, or of the GPT's best copier."""
    table = head_table(circuits)
    if head == ALL_HEADS:
        head = best_copier(table, model_k)
    left, right = st.columns([6, 5], gap="large")
    with left:
        _show_table(table)
    with right:
        block, number = (int(part) for part in head.split("."))
        offsets = circuits[model_k].heads.offsets[block, number]
        strongest = -1 - int(offsets.argmax())
        st.markdown(
            f"**GPT {model_k}, head {head}** looks most at offset **{strongest}** ({offsets.max():.0%})."
        )
        chart(
            offset_profile(offsets),
            f"Attention of head {head} of GPT {model_k} by offset; strongest at {strongest}",
            key="profile",
        )
        st.caption(
            "Mean over quizzes and over the cells of the last grid. Offsets count from the predicted token: "
            "-1 is the token just read, -10 the cell above, -101 the same cell one grid back."
        )


def _show_table(table: pd.DataFrame) -> None:
    shares = {
        name: st.column_config.ProgressColumn(
            format="%.2f", min_value=0, max_value=1, width=88, help=_meaning(name)
        )
        for name in SHARES
    }
    st.dataframe(
        table,
        hide_index=True,
        height=330,
        column_config={
            "GPT": st.column_config.NumberColumn(width=50),
            "head": st.column_config.Column(width=56),
            **shares,
        },
        on_select=lambda: _open_selected(table),
        selection_mode="single-row",
        key="heads",
        alt="Heads of all GPTs with what they attend to and how well they copy",
    )
    st.caption(
        "Heads that copy the previous grid come first: they attend to the cell one grid back and have a high "
        "copy score. Select a row to see that head."
    )
    with st.container(horizontal=True):
        table_downloads(lambda: table, name="heads")


def _meaning(name: str) -> str:
    meanings = {
        "copy score": "share of cells whose own colour the head promotes most when it attends to them",
        "just read": "attention to the token before the predicted one",
        "the 0 in front": "attention to the 0 that every quiz is given in front",
    }
    return meanings.get(name, "attention to the cell to be predicted, so many grids back")


def _open_selected(table: pd.DataFrame) -> None:
    rows = st.session_state["heads"].selection.rows
    if rows:
        chosen = table.iloc[rows[0]]
        permalink.write(gpt=int(chosen.GPT), head=chosen["head"])
