"""A supernode that the reader takes away or amplifies, and what the GPT then answers."""

import numpy as np
import streamlit as st

from culture_core.world.vocabulary import COLOUR_NAMES
from dashboard.components.page import permalink
from dashboard.data.circuit.trace_changes import Changed, changed_answer, read_change
from dashboard.data.circuit.traces import Trace
from dashboard.data.population.populations import Population

CHANGE = "change"


def show_change(population: Population, model_k: int, tokens: np.ndarray, traced: Trace) -> None:
    """Say what the change of the URL does, if there is one.

    Errors: CultureError for a change that cannot be made.
    """
    asked = permalink.read(CHANGE)
    if asked is None:
        return
    changed = changed_answer(population, model_k, tokens, traced, *read_change(asked, traced))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(change_sentence(changed, traced), icon=":material/experiment:", width=900)
        st.button("Undo", icon=":material/undo:", on_click=permalink.write, kwargs={CHANGE: None})


def change_sentence(changed: Changed, traced: Trace) -> str:
    """What was changed, what the graph predicts, what the GPT does, as Markdown."""
    right, other = (COLOUR_NAMES[token] for token in (traced.graph.margin.token, traced.graph.margin.against))
    what = "Without" if changed.factor == 0 else f"With {changed.factor} times"
    kept = "still" if changed.answer == traced.graph.margin.token else "now"
    return (
        f"{what} **{changed.name}**, {right} minus {other} goes from {traced.graph.value:.2f} to "
        f"**{changed.measured:.2f}**; the graph's edges predict {changed.predicted:.2f}. The GPT {kept} "
        f"expects **{COLOUR_NAMES[changed.answer]}** (probability {changed.probability:.2f})."
    )
