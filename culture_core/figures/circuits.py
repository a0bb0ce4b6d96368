"""Charts of circuits and attributions as Plotly figures: numbers in, figure out; grounds as in charts.py."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from culture_core.figures.charts import MODEL_COLOURS, NEUTRAL, finish, model_colour, model_symbol

# orange for worse, blue for better, nothing in between: told apart by colour-blind readers
WORSE, BETTER = "#d55e00", "#0072b2"
ACCURACY, LOSS = "accuracy", "loss"
LOSS_BENDS_AT = 0.01
LOSS_TICKS = (-1.0, -0.1, -0.01, 0.0, 0.01, 0.1, 1.0, 10.0)
GRID_OFFSETS = {-101: "one<br>grid back", -202: "two<br>grids back", -303: "three<br>grids back"}


def change_heatmaps(
    changes: Mapping[str, np.ndarray], rows: Sequence[str], columns: Sequence[str], measure: str
) -> go.Figure:
    """Change of a measure when each part is ablated: a heat map a GPT, the parts from top to bottom.

    changes: by title, (rows, columns). measure: ACCURACY, shown as it is, or LOSS, shown on a scale that is
    linear up to 0.01 nats and logarithmic beyond.
    """
    figure = make_subplots(
        1, len(changes), shared_yaxes=True, subplot_titles=list(changes), horizontal_spacing=0.012
    )
    tallest = max((float(np.abs(_bent(values, measure)).max()) for values in changes.values()), default=1.0)
    for place, (title, values) in enumerate(changes.items()):
        heat = go.Heatmap(
            z=_bent(values, measure),
            x=list(columns),
            y=list(rows),
            coloraxis="coloraxis",
            hovertext=_change_words(title, values, rows, columns, measure),
            hoverinfo="text",
            xgap=1,
            ygap=1,
        )
        figure.add_trace(heat, 1, place + 1)
    figure.update_xaxes(tickangle=-90, tickfont={"size": 10}, showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 11})
    top = 1.0 if measure == ACCURACY else max(tallest, 1.0)
    figure.update_layout(coloraxis=_colour_axis(measure, top))
    return finish(figure, height=150 + 21 * len(rows), legend=False).update_layout(margin={"t": 30})


def _bent(values: np.ndarray, measure: str) -> np.ndarray:
    """Values as they are coloured; a rising loss is as bad as a falling accuracy, so it is negative."""
    return values if measure == ACCURACY else -np.arcsinh(np.asarray(values) / LOSS_BENDS_AT)


def _colour_axis(measure: str, top: float) -> dict[str, Any]:
    if measure == ACCURACY:
        ticks = {"tickvals": [-1, -0.5, 0, 0.5, 1], "ticktext": ["-100", "-50", "0", "+50", "+100"]}
        title = "points"
    else:
        shown = [tick for tick in LOSS_TICKS if abs(_bent(np.array(tick), measure)) <= top]
        ticks = {
            "tickvals": [float(_bent(np.array(tick), measure)) for tick in shown],
            "ticktext": [f"{tick:+g}" for tick in shown],
        }
        title = "nats per cell"
    return {
        "colorscale": [(0.0, WORSE), (0.5, "rgba(150, 150, 150, 0.12)"), (1.0, BETTER)],
        "cmin": -top,
        "cmax": top,
        "colorbar": {"title": {"text": title}, "thickness": 12, **ticks},
    }


def _change_words(
    title: str, values: np.ndarray, rows: Sequence[str], columns: Sequence[str], measure: str
) -> list[list[str]]:
    def words(value: float) -> str:
        return f"{100 * value:+.1f} points" if measure == ACCURACY else f"{value:+.4g} nats per cell"

    return [
        [
            f"{title} without {row}, {column}: {words(value)}"
            for column, value in zip(columns, line, strict=True)
        ]
        for row, line in zip(rows, values, strict=True)
    ]


def offset_profile(offsets: np.ndarray) -> go.Figure:
    """Attention by offset from the predicted token: (404,), column j is offset -1 - j; dotted lines one, two
    and three grids back."""
    x = -1 - np.arange(len(offsets))
    hover = [f"offset {place}: {share:.2%} of the attention" for place, share in zip(x, offsets, strict=True)]
    bars = go.Bar(
        x=x, y=offsets, marker={"color": MODEL_COLOURS[0]}, hovertext=hover, hoverinfo="text", width=1.6
    )
    figure = go.Figure(bars)
    for offset, words in GRID_OFFSETS.items():
        figure.add_vline(
            offset,
            line={"color": "rgba(128, 128, 128, 0.7)", "dash": "dot"},
            annotation_text=words,
            annotation_align="left",
        )
    figure.update_xaxes(title="offset from the token that is predicted", range=[-len(offsets), 2])
    figure.update_yaxes(title="share of attention", tickformat=".0%", rangemode="tozero")
    return finish(figure, height=280, legend=False).update_layout(margin={"t": 24})


def strength_chart(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], strengths: Sequence[float], places: Sequence[int]
) -> go.Figure:
    """Two charts over the strength of features: how probable the expected token stays, how many cells change.

    curves: by title, probability (s,) and number of cells (s,). places: of the GPTs in their population.
    """
    titles = ("probability of the token it expects here", "cells of the answer that change")
    figure = make_subplots(1, 2, subplot_titles=titles, horizontal_spacing=0.1)
    for place, (title, values) in zip(places, curves.items(), strict=True):
        for column, y in enumerate(values):
            line = go.Scatter(
                x=list(strengths),
                y=y,
                name=title,
                mode="lines+markers",
                line={"color": model_colour(place)},
                marker={"symbol": model_symbol(place), "size": 6},
                showlegend=column == 0,
            )
            figure.add_trace(line, 1, column + 1)
    figure.add_vline(1, line={"color": NEUTRAL, "dash": "dot"})
    figure.update_xaxes(title="strength (1: unchanged)", dtick=3)
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%", col=1)
    most = max((int(cells.max()) for _, cells in curves.values()), default=0)
    figure.update_yaxes(range=[-0.2, max(4, most) * 1.05], col=2)
    return finish(figure, height=320).update_layout(margin={"t": 60}, legend={"y": 1.12})


def attribution_chart(
    features: np.ndarray, ablation: np.ndarray, gradient: np.ndarray, chosen: int
) -> go.Figure:
    """Each feature's effect by ablation (across) and by gradient times activation (up); one is marked.

    features, ablation, gradient: (m,).
    """
    hover = [
        f"feature {feature}: {a:+.3f} by ablation, {g:+.3f} by gradient times activation"
        for feature, a, g in zip(features, ablation, gradient, strict=True)
    ]
    is_chosen = np.asarray(features) == chosen
    low, high = (float(f(np.concatenate([ablation, gradient, [0.0]]))) for f in (np.min, np.max))
    figure = go.Figure(
        [
            go.Scatter(x=[low, high], y=[low, high], mode="lines", line={"color": NEUTRAL}, hoverinfo="skip"),
            go.Scatter(
                x=ablation,
                y=gradient,
                mode="markers",
                marker={
                    "color": MODEL_COLOURS[0],
                    "size": np.where(is_chosen, 13, 7).tolist(),
                    "symbol": np.where(is_chosen, "diamond", "circle").tolist(),
                },
                hovertext=hover,
                hoverinfo="text",
            ),
        ]
    )
    figure.update_xaxes(title="drop of the margin by ablation")
    figure.update_yaxes(title="by gradient times activation")
    return finish(figure, height=260, legend=False)
