"""Downloads of a traced answer, as `culture trace` writes it."""

import json

import streamlit as st

from culture_core.circuits.graph import TraceSettings
from culture_core.circuits.record import answer_record
from culture_core.circuits.viewer import viewer_record
from dashboard.data.circuit.traces import Trace
from dashboard.data.population.populations import Population


def graph_downloads(population: Population, traced: Trace) -> None:
    """Buttons that download the graph in our form and in that of circuit-tracer; each is made when its button
    is pressed."""

    def own() -> str:
        return json.dumps(answer_record(population.folder, traced.answer))

    def for_viewers() -> str:
        n_blocks = population.manifest["config"]["n_blocks"]
        return json.dumps(viewer_record(population.folder, traced.answer, TraceSettings(), n_blocks))

    with st.container(horizontal=True):
        for label, name, make in (
            ("Graph", "graph", own),
            ("For circuit-tracer and Neuronpedia", "viewer", for_viewers),
        ):
            st.download_button(
                label,
                make,
                file_name=f"{name}.json",
                mime="application/json",
                icon=":material/download:",
                on_click="ignore",
                key=f"download.{name}.json",
            )
