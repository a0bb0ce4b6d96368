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
    rows = [row for row, name in enumerate(measures) if name in one["pairs"]]
    records = [one["pairs"][name] for name in measures if name in one["pairs"]]
    mean = 100 * np.array([record["mean"] for record in records])
    intervals = 100 * np.array([record["interval"] or [record["mean"]] * 2 for record in records]).reshape(
        -1, 2
    )
    words = [list(measures.values())[row] for row in rows]
    hover = [_hover(one["name"], told, record) for told, record in zip(words, records, strict=True)]
    return go.Scatter(
        x=mean,
        y=np.array(rows) + offset,
        error_x=interval_bars(mean, intervals),
        mode="markers",
        marker={"color": model_colour(place), "symbol": model_symbol(place), "size": 8},
        name=one["name"],
        hovertext=hover,
        hoverinfo="text",
    )


def _hover(name: str, measure: str, record: Mapping[str, Any]) -> str:
    bounds = record["interval"]
    between = f" ({100 * bounds[0]:+.1f} to {100 * bounds[1]:+.1f})" if bounds else ", without an interval"
    return f"{name}, {measure}: {100 * record['mean']:+.1f}{between}"
