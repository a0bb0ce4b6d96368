"""The same answer in every GPT, side by side."""

import numpy as np
import streamlit as st

from culture_core.circuits.sharing import CELLS
from culture_core.results.sharing import has_profiles
from culture_core.world.vocabulary import COLOUR_NAMES
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page import permalink
from dashboard.components.trace.side_by_side import show_side_by_side
from dashboard.data.circuit.trace_gpts import concept_table, origin_table, traces_of_all
from dashboard.data.circuit.trace_groups import alike, group_table, matches_by_block
from dashboard.data.circuit.trace_profiles import likeness_table
from dashboard.data.circuit.traces import Trace
from dashboard.data.population.populations import Population

EVERY = "every"
HEIGHT = 420


def show_every_gpt(population: Population, tokens: np.ndarray, traced: Trace) -> None:
    """Draw the switch, and, where it is on, what every GPT's graph says."""
    every = permalink.read_choice(EVERY, ["0", "1"], "0") == "1"
    st.toggle(
        "Trace it in every GPT",
        help="The same cell and the same two colours in all GPTs, side by side",
        **permalink.bound(EVERY, every, encode=lambda on: 1 if on else None),
    )
    if not every:
        return
    margin = traced.graph.margin
    traces = traces_of_all(population, tokens, margin.position, margin.against)
    readers = matches_by_block(population, traces)
    groups = group_table(traces, readers)
    right, other = COLOUR_NAMES[margin.token], COLOUR_NAMES[margin.against]
    st.markdown(f"**Where {right} over {other} comes from**, as shares of the influence in each GPT's graph")
    table = origin_table(traces)
    shares = [name for name in table.columns if name not in ("GPT", "margin", "completeness")]
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(table, hide_index=True, column_config=dict.fromkeys(shares, percent), key="trace.origins")
    st.markdown(alike_sentence(alike(traces, readers)))
    if has_profiles(population):
        with st.expander("Over many quizzes: how alike are the circuits of two GPTs?"):
            _show_likeness(population)
    show_side_by_side(traces, readers, groups)
    in_each = dict.fromkeys((f"GPT {k}" for k in traces), percent)
    if len(groups):
        st.markdown("**Matched features that several graphs go through**, with their influence in each GPT")
        st.dataframe(groups, hide_index=True, column_config=in_each, height=HEIGHT, key="trace.groups")
        with st.container(horizontal=True):
            table_downloads(lambda: groups, name="groups_of_traces")
    st.markdown("**What features of several GPTs detect**, by block, with their influence in each GPT")
    concepts = concept_table(traces)
    if concepts.empty:
        st.caption("No concept is shared: run `culture index` and `culture grade` to name features.")
        return
    st.dataframe(concepts, hide_index=True, column_config=in_each, height=HEIGHT, key="trace.concepts")
    with st.container(horizontal=True):
        table_downloads(lambda: concepts, name="concepts_of_traces")


def _show_likeness(population: Population) -> None:
    table = likeness_table(population)
    numbers = st.column_config.NumberColumn(format="%.2f")
    columns = dict.fromkeys(table.columns[1:], numbers)
    st.dataframe(table, hide_index=True, column_config=columns, key="trace.likeness")
    st.caption(
        "Overlap of influence on the answer, from 0 to 1, mean over pairs of GPTs: whether they read the "
        "same cells, and go through features that match one to one. Beside the same quiz: two baselines. "
        "*Could overlap*: the most there can be, as the rest passes through features without a match."
    )


def alike_sentence(found: dict[str, float]) -> str:
    """How alike the graphs are, as Markdown."""
    if not found:
        return ""
    blocks = {name.rsplit(" ", 1)[1]: value for name, value in found.items() if name != CELLS}
    told = f"Two GPTs read the same cells to **{found[CELLS]:.0%}**"
    if blocks:
        shares = ", ".join(f"{value:.0%} after block {block}" for block, value in blocks.items())
        told += f"; the same features, where they are matched, to {shares}"
    return f"{told} (overlap of influence, mean over pairs)."
