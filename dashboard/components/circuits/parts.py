"""What each part of the GPTs is needed for, as heat maps."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from culture_core.evaluation.ablation import KINDS
from culture_core.evaluation.circuits import MEASURES, Circuits
from culture_core.figures.circuits import change_heatmaps
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page import permalink
from dashboard.components.page.charts import chart

KIND_WORDS = {"zero": "set to zero", "mean": "set to its mean"}
MEASURE_WORDS = {"accuracy": "Accuracy", "loss": "Loss"}


def show_parts(circuits: Mapping[int, Circuits]) -> None:
    """Draw the choice of measure and ablation, and a heat map a GPT."""
    measure = permalink.read_choice("measure", list(MEASURES), "accuracy")
    kind = permalink.read_choice("ablation", list(KINDS), "zero")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Change of",
            list(MEASURES),
            format_func=MEASURE_WORDS.__getitem__,
            required=True,
            **permalink.bound("measure", measure),
        )
        st.segmented_control(
            "when a part is",
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
        f"Each part of a GPT in turn is {KIND_WORDS[kind]}, over {first.quizzes[0]:,} quizzes never trained "
        f"on, {first.quizzes[1:].min()} or more of each task. *Accuracy*: whole grids right. *Loss*: of the "
        "last grid, with all cells before given, so that it forgives what follows a first mistake. Orange is "
        "worse, blue is better; point at a field for the number."
    )
    with st.container(horizontal=True):
        table_downloads(lambda: long_table(circuits), name="ablations")


def alt_text(circuits: Mapping[int, Circuits], measure: str, kind: str) -> str:
    """The part each GPT needs most, in words."""
    worst = []
    for k, one in circuits.items():
        overall = one.changes(measure, kind)[one.columns[0]]
        part = overall.idxmin() if measure == "accuracy" else overall.idxmax()
        worst.append(f"GPT {k} needs {part} most ({overall[part]:+.3g})")
    return f"Change of {measure} by part and task, the part {KIND_WORDS[kind]}. " + "; ".join(worst)


def long_table(circuits: Mapping[int, Circuits]) -> pd.DataFrame:
    """Every change: a row a GPT, part, kind of ablation and task."""
    tables = []
    for k, one in circuits.items():
        for kind in KINDS:
            columns = {
                f"{measure}_change": one.changes(measure, kind).stack().rename(f"{measure}_change")
                for measure in MEASURES
            }
            table = pd.DataFrame(columns).rename_axis(["part", "task"]).reset_index()
            tables.append(table.assign(gpt=k, ablation=kind))
    return pd.concat(tables, ignore_index=True)
