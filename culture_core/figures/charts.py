"""Charts as Plotly figures: numbers in, figure out.

Grounds are transparent and text has no colour of its own: a figure takes on the theme of its page. The GPTs
differ by colour (Okabe and Ito's set, told apart by colour-blind readers) and by symbol.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

MODEL_COLOURS = ("#0089d6", "#e69f00", "#009e73", "#cc79a7", "#d55e00")
MODEL_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")
NEUTRAL = "rgba(128, 128, 128, 0.35)"
BASELINE_COLOUR = "rgba(128, 128, 128, 0.95)"
BAND = "rgba(0, 137, 214, 0.22)"
ROW_SPREAD = 0.6


def model_colour(place: int) -> str:
    """Colour of the GPT in that place of a population."""
    return MODEL_COLOURS[place % len(MODEL_COLOURS)]


def model_symbol(place: int) -> str:
    """Plotly symbol of the GPT in that place of a population."""
    return MODEL_SYMBOLS[place % len(MODEL_SYMBOLS)]


def accuracy_chart(models: Sequence[Mapping[str, Any]], group: str = "by_task") -> go.Figure:
    """Greedy accuracy with its 95% interval, one line per task (or structure), one mark per GPT; overall on
    top.

    models: records of evaluation.json: id, greedy_accuracy, greedy_interval, the same under `group` by name.
    """
    names = sorted(
        models[0][group], key=lambda name: np.mean([m[group][name]["greedy_accuracy"] for m in models])
    )
    rows = [*names, "all tasks" if group == "by_task" else "all"]
    figure = go.Figure()
    for place, model in enumerate(models):
        records = [model[group][name] for name in names] + [model]
        offset = (place - (len(models) - 1) / 2) * ROW_SPREAD / max(1, len(models) - 1)
        figure.add_trace(_accuracy_marks(place, model["id"], records, rows, offset))
    figure.update_layout(shapes=[_boundary(row, strong=row == len(rows) - 2) for row in range(len(rows) - 1)])
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=rows, range=[-0.6, len(rows) - 0.4], showgrid=False
    )
    figure.update_xaxes(
        title="share of quizzes solved",
        range=[-0.02, 1.02],
        tickformat=".0%",
        dtick=0.2,
    )
    return finish(figure, height=58 + 40 * len(rows))


def _boundary(row: int, strong: bool) -> dict[str, Any]:
    """A line over the whole width, above a row."""
    line = {"color": NEUTRAL, "width": 2 if strong else 0.5}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": row + 0.5, "y1": row + 0.5, "line": line}


def _accuracy_marks(
    place: int, model_k: int, records: Sequence[Mapping[str, Any]], rows: Sequence[str], offset: float
) -> go.Scatter:
    share = np.array([record["greedy_accuracy"] for record in records])
    interval = np.array([record["greedy_interval"] for record in records])
    hover = [
        f"GPT {model_k}, {row}: {record['greedy_accuracy']:.1%} "
        f"({low:.1%} to {high:.1%}) of {record['quizzes']:,} quizzes"
        for row, record, (low, high) in zip(rows, records, interval, strict=True)
    ]
    return go.Scatter(
        x=share,
        y=np.arange(len(rows)) - offset,
        error_x=interval_bars(share, interval),
        mode="markers",
        marker={"color": model_colour(place), "symbol": model_symbol(place), "size": 8},
        name=f"GPT {model_k}",
        hovertext=hover,
        hoverinfo="text",
    )


def interval_bars(values: np.ndarray, intervals: np.ndarray) -> dict[str, Any]:
    """Bars from the low to the high end of intervals (n, 2) around values (n,)."""
    return {
        "type": "data",
        "symmetric": False,
        "array": intervals[:, 1] - values,
        "arrayminus": values - intervals[:, 0],
        "thickness": 1.2,
        "width": 0,
    }


def universality_curve(
    shares: np.ndarray, baseline: np.ndarray | None = None, mark: tuple[float, str] | None = None
) -> go.Figure:
    """How many features are matched at least how well elsewhere: their mean over the GPTs, within a band from
    the lowest to the highest GPT, and the same of a baseline, dashed.

    shares: (m, s) of each GPT's features, at r from 0 to 1; baseline: (s,). mark: r and words of a vertical
    line.
    """
    r = np.linspace(0, 1, shares.shape[1])
    figure = go.Figure()
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_trace(go.Scatter(x=r, y=shares.min(0), **band))
    figure.add_trace(go.Scatter(x=r, y=shares.max(0), fill="tonexty", fillcolor=BAND, **band))
    solid = {"color": MODEL_COLOURS[0], "width": 2.5}
    figure.add_trace(_share_line(r, shares.mean(0), "in the other GPTs", solid))
    if baseline is not None:
        dashed = {"color": BASELINE_COLOUR, "width": 2, "dash": "dash"}
        figure.add_trace(_share_line(r, baseline, "in the highest baseline", dashed))
    if mark is not None:
        side = "top left" if mark[0] > 0.5 else "top right"
        line = {"color": BASELINE_COLOUR, "width": 1.2}
        figure.add_vline(mark[0], line=line, annotation_text=mark[1], annotation_position=side)
    figure.update_xaxes(title="r of the best match, mean over the other GPTs", range=[0, 1])
    figure.update_yaxes(title="features with at least this r", tickformat=".0%", range=[0, 1.02])
    return finish(figure, height=320)


def _share_line(r: np.ndarray, share: np.ndarray, name: str, line: Mapping[str, Any]) -> go.Scatter:
    told = f"{name}: %{{y:.1%}} of features reach r %{{x:.2f}}<extra></extra>"
    return go.Scatter(x=r, y=share, mode="lines", line=line, name=name, hovertemplate=told)


def finish(figure: go.Figure, height: int, legend: bool = True) -> go.Figure:
    """The look that all charts share: height in pixels, no ground of their own, a legend above or none."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 20, "t": 28 if legend else 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "traceorder": "normal"},
        bargap=0.08,
        hovermode="closest",
        dragmode=False,
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    return figure
