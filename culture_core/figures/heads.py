"""Charts of attention heads as Plotly figures: what one breaks task by task, what they tell each other."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from culture_core.figures.charts import MODEL_COLOURS, finish

MOST_NUMBERED = 16
# visible on either ground
UNSEEN = "rgba(140, 140, 140, 0.75)"
# orange below zero, blue above: light enough for dark text, on either ground
PATH_COLOURS = [(0.0, "#eda06a"), (0.5, "#d8dbe1"), (1.0, "#6fb3e0")]
DARK_TEXT = "#14161c"


def task_chart(
    tasks: Sequence[str], known: np.ndarray, loss: np.ndarray, accuracy: np.ndarray, direct: np.ndarray
) -> go.Figure:
    """A bar per task: the change of its loss when a head is ablated; tasks that no GPT is trained on in gray.

    known, loss, accuracy, direct: (t,).
    """
    hover = [
        f"{task}: loss {change:+.3f} nats per cell, accuracy {100 * points:+.0f} points; adds {added:+.2f} "
        "logits at the deciding cell"
        for task, change, points, added in zip(tasks, loss, accuracy, direct, strict=True)
    ]
    colours = [MODEL_COLOURS[0] if one else UNSEEN for one in known]
    bars = go.Bar(y=list(tasks), x=loss, orientation="h", marker={"color": colours})
    bars.update(hovertext=hover, hoverinfo="text")
    figure = go.Figure(bars)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 11})
    figure.update_xaxes(title="rise of the loss without the head, nats per cell")
    return finish(figure, height=110 + 17 * len(tasks), legend=False).update_layout(margin={"t": 10})


def path_heatmap(effects: np.ndarray, names: Sequence[str], readout: str) -> go.Figure:
    """What each head (rows) tells the answer through each later one (columns), and straight (last column).

    effects: (n, n + 1) drop of the margin in logits, NaN where there is no path; columns that no path
    leads to are left out.
    """
    reached = ~np.isnan(effects).all(0)
    rows = [f"head {name}" for name in names]
    columns = [name for name, one in zip([*rows, readout], reached, strict=True) if one]
    effects = effects[:, reached]
    top = max(float(np.nanmax(np.abs(effects), initial=0.0)), 0.1)
    heat = go.Heatmap(
        z=effects,
        x=columns,
        y=rows,
        hovertext=[
            [_path_words(row, column, value) for column, value in zip(columns, line, strict=True)]
            for row, line in zip(rows, effects, strict=True)
        ],
        hoverinfo="text",
        hoverongaps=False,
        xgap=1,
        ygap=1,
        colorscale=PATH_COLOURS,
        zmin=-top,
        zmax=top,
        colorbar={"title": {"text": "logits"}, "thickness": 12},
    )
    figure = go.Figure(heat)
    if len(names) <= MOST_NUMBERED:
        figure.add_trace(_numbers(effects, rows, columns))
    figure.update_yaxes(autorange="reversed", showgrid=False, title="written by")
    figure.update_xaxes(showgrid=False, side="top", title="read by")
    return finish(figure, height=130 + 30 * len(names), legend=False).update_layout(margin={"t": 60})


def _path_words(row: str, column: str, value: float) -> str:
    return "" if np.isnan(value) else f"{row} → {column}: {value:+.2f} logits"


def _numbers(effects: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> go.Scatter:
    """The effects as text in their fields."""
    y, x = np.nonzero(~np.isnan(effects))
    return go.Scatter(
        x=np.array(columns)[x],
        y=np.array(rows)[y],
        # + 0 makes a zero of a negative one
        text=[f"{value:+.1f}" if value else "0.0" for value in np.round(effects[y, x], 1) + 0.0],
        mode="text",
        textfont={"color": DARK_TEXT},
        hoverinfo="skip",
    )
