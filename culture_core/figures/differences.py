"""How measures of likeness differ from a first population, with intervals: numbers in, figure out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from culture_core.figures.charts import ROW_SPREAD, finish, interval_bars, model_colour, model_symbol


def differences_chart(
    differences: Sequence[Mapping[str, Any]], measures: Mapping[str, str], first: str
) -> go.Figure:
    """One line per measure, one mark with its 95% interval per population; the first measure on top.

    differences: of a comparison: name, and under "pairs" by measure the mean and interval, on a scale of 0 to
    1. measures: by name, what it is called. first: the name of the population that they differ from.
    """
    rows = list(measures)
    figure = go.Figure()
    for place, one in enumerate(differences):
        offset = (place - (len(differences) - 1) / 2) * ROW_SPREAD / max(1, len(differences) - 1)
        figure.add_trace(_marks(place, one, measures, offset))
    figure.add_vline(0, line={"color": "rgba(128, 128, 128, 0.8)", "width": 1})
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=list(measures.values()),
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(title=f"points above {first}", zeroline=False)
    return finish(figure, height=70 + 38 * len(rows))


def _marks(place: int, one: Mapping[str, Any], measures: Mapping[str, str], offset: float) -> go.Scatter:
    pairs = one["pairs"]
    shown = [(row, words, pairs[name]) for row, (name, words) in enumerate(measures.items()) if name in pairs]
    mean = 100 * np.array([record["mean"] for _, _, record in shown])
    bounds = [record["interval"] or [record["mean"]] * 2 for _, _, record in shown]
    intervals = 100 * np.array(bounds).reshape(-1, 2)
    return go.Scatter(
        x=mean,
        y=np.array([row for row, _, _ in shown]) + offset,
        error_x=interval_bars(mean, intervals),
        mode="markers",
        marker={"color": model_colour(place), "symbol": model_symbol(place), "size": 8},
        name=one["name"],
        hovertext=[_hover(one["name"], words, record) for _, words, record in shown],
        hoverinfo="text",
    )


def _hover(name: str, measure: str, record: Mapping[str, Any]) -> str:
    bounds = record["interval"]
    between = f" ({100 * bounds[0]:+.1f} to {100 * bounds[1]:+.1f})" if bounds else ", without an interval"
    return f"{name}, {measure}: {100 * record['mean']:+.1f}{between}"
