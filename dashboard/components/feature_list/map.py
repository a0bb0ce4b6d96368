"""The map above the features table: a box drawn on it filters by density and universality."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from culture_core.figures.feature_map import feature_map
from dashboard.components.page import permalink
from dashboard.components.page.charts import CONFIG
from dashboard.data.feature.feature_filter import Span
from dashboard.data.words.concept_names import concept_family

SHOWN = "map"
KEY = "feature_map"
COLUMNS = ("density", "universality")


def choose_map(table: pd.DataFrame) -> bool:
    """Draw the switch of the map, where there is something to draw; whether it is on."""
    if not set(COLUMNS) <= set(table):
        return False
    on = permalink.read_choice(SHOWN, ["1", "0"], "0") == "1"
    st.toggle("Map", **permalink.bound(SHOWN, on, encode=lambda value: "1" if value else None))
    return on


def show_map(found: pd.DataFrame) -> None:
    """Draw the features that pass the filters."""
    features = found[found.density > 0]
    concepts = features.concept if "concept" in features else pd.Series("", index=features.index)
    figure = feature_map(
        features.density.to_numpy(),
        features.universality.to_numpy(),
        [concept_family(name) for name in concepts],
        [f"GPT {k} · {number}" for k, number in zip(features.gpt, features.feature, strict=True)],
    )
    st.plotly_chart(
        figure,
        theme="streamlit",
        config=CONFIG,
        key=KEY,
        on_select=_filter,
        selection_mode="box",
        alt=f"{len(features):,} features by density and universality",
    )
    st.caption(
        "Drag a box to keep only the features in it. Colours tell what a feature's best concept is about."
    )


def _filter() -> None:
    spans = brushed_spans(st.session_state[KEY]["selection"]["box"])
    if spans:
        permalink.write(**spans, page=None)


def brushed_spans(boxes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The ranges that a box on the map stands for, as query parameters; none without a box."""
    if not boxes:
        return {}
    box = boxes[0]
    ends = {name: sorted(map(float, box[axis])) for name, axis in zip(COLUMNS, ("x", "y"), strict=True)}
    return {name: str(Span(*(float(f"{end:.3g}") for end in pair))) for name, pair in ends.items()}
