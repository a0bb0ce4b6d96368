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
BASELINE_DASHES = ("dot", "dash", "dashdot", "longdash")
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
        title="share of quizzes answered without a wrong cell",
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
        error_x={
            "type": "data",
            "symmetric": False,
            "array": interval[:, 1] - share,
            "arrayminus": share - interval[:, 0],
            "thickness": 1.2,
            "width": 0,
        },
        mode="markers",
        marker={"color": model_colour(place), "symbol": model_symbol(place), "size": 8},
        name=f"GPT {model_k}",
        hovertext=hover,
        hoverinfo="text",
    )


def r_distribution(
    best_r: Mapping[int, np.ndarray],
    marks: Sequence[tuple[float, str]] = (),
    baselines: Mapping[str, np.ndarray] | None = None,
) -> go.Figure:
    """How well the features of each GPT are matched elsewhere: share of features by their r.

    best_r: by GPT, (f,) mean over the other GPTs of the best r. marks: (r, words) drawn as a vertical line.
    baselines: by name, the same of all features where nothing is to be found; dashed.
    """
    figure = go.Figure()
    for place, (model_k, r) in enumerate(best_r.items()):
        figure.add_trace(_r_steps(r, f"GPT {model_k}", {"color": model_colour(place), "width": 2}))
    for dash, (name, r) in zip(BASELINE_DASHES, (baselines or {}).items(), strict=False):
        figure.add_trace(_r_steps(r, name, {"color": BASELINE_COLOUR, "width": 1.6, "dash": dash}))
    for value, words in marks:
        figure.add_vline(
            value,
            line={"color": BASELINE_COLOUR, "width": 1.2},
            annotation_text=words,
            annotation_position="top left" if value > 0.5 else "top right",
        )
    figure.update_xaxes(title="r, mean of the best match in each other GPT", range=[0, 1])
    figure.update_yaxes(title="share of features", tickformat=".0%", rangemode="tozero")
    return finish(figure, height=300)


def _r_steps(r: np.ndarray, name: str, line: Mapping[str, Any]) -> go.Scatter:
    """A histogram of r from 0 to 1 as a line of steps."""
    edges = np.linspace(0, 1, 41)
    counts, _ = np.histogram(np.clip(r, 0, 1), bins=edges)
    share = counts / max(1, len(r))
    return go.Scatter(
        x=edges,
        y=[*share, share[-1]],
        mode="lines",
        line={"shape": "hv", **line},
        name=name,
        hovertemplate=f"{name}: %{{y:.1%}} of features at r %{{x:.3f}} and up<extra></extra>",
    )


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
