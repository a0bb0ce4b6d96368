"""What each part of the GPTs is needed for, as heat maps."""

from collections.abc import Mapping

import streamlit as st

from culture_core.evaluation.ablation import KINDS
from culture_core.evaluation.circuits import MEASURES, Circuits
from culture_core.figures.circuits import change_heatmaps
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart
from dashboard.data.circuit.circuit_tables import ablation_table, most_needed

KIND_WORDS = {"zero": "set to zero", "mean": "set to its mean"}
MEASURE_WORDS = {"accuracy": "Accuracy", "loss": "Loss"}


def show_parts(circuits: Mapping[int, Circuits]) -> None:
    """Draw the choice of measure and ablation, and a heat map per GPT."""
    measure = permalink.read_choice("measure", list(MEASURES), "loss")
    kind = permalink.read_choice("ablation", list(KINDS), "mean")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Change of",
            list(MEASURES),
            format_func=MEASURE_WORDS.__getitem__,
            required=True,
            **permalink.bound("measure", measure),
        )
        st.segmented_control(
            "when each part is",
            list(KINDS),
            format_func=KIND_WORDS.__getitem__,
            required=True,
            **permalink.bound("ablation", kind),
        )
    first = next(iter(circuits.values()))
    changes = {f"GPT {k}": one.changes(measure, kind).to_numpy() for k, one in circuits.items()}
    chart(
        change_heatmaps(changes, first.parts, first.columns, measure),
        alt_text(circuits, measure, kind),
        key="parts",
    )
    st.caption(
        f"Each part of a GPT is {KIND_WORDS[kind]}, one at a time, on {first.quizzes[0]:,} held-out quizzes, "
        f"at least {first.quizzes[1:].min()} per task. *Accuracy*: share of whole grids right. *Loss*: over "
        "the last grid, given the right cells before each, so a first mistake does not count twice. Orange "
        "is worse, blue is better; point at a field to see the number."
    )
    with st.container(horizontal=True):
        table_downloads(lambda: ablation_table(circuits), name="ablations")


def alt_text(circuits: Mapping[int, Circuits], measure: str, kind: str) -> str:
    """The part each GPT needs most, in words."""
    needed = {k: most_needed(one, measure, kind) for k, one in circuits.items()}
    words = [f"GPT {k} needs {part} most ({change:+.3g})" for k, (part, change) in needed.items()]
    return f"Change of {measure} by part and task, the part {KIND_WORDS[kind]}. " + "; ".join(words)
