"""Charts of attention heads as Plotly figures: what one breaks task by task, what they tell each other."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from culture_core.figures.charts import MODEL_COLOURS, NEUTRAL, finish
from culture_core.figures.circuits import BETTER, WORSE


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
    colours = [MODEL_COLOURS[0] if one else NEUTRAL for one in known]
    bars = go.Bar(y=list(tasks), x=loss, orientation="h", marker={"color": colours})
    bars.update(hovertext=hover, hoverinfo="text")
    figure = go.Figure(bars)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 11})
    figure.update_xaxes(title="rise of the loss without the head, nats per cell")
    return finish(figure, height=110 + 17 * len(tasks), legend=False).update_layout(margin={"t": 10})


def path_heatmap(effects: np.ndarray, names: Sequence[str], readout: str) -> go.Figure:
    """What each head (rows) tells the answer through each later one (columns), and straight (last column).

    effects: (n, n + 1) drop of the margin in logits, NaN where there is no path.
    """
    columns = [*(f"head {name}" for name in names), readout]
    hover = [
        [
            "" if np.isnan(value) else f"head {row} → {column}: {value:+.2f} logits"
            for column, value in zip(columns, line, strict=True)
        ]
        for row, line in zip(names, effects, strict=True)
    ]
    text = [["" if np.isnan(value) else f"{value:+.1f}" for value in line] for line in effects]
    top = max(float(np.nanmax(np.abs(effects), initial=0.0)), 0.1)
    heat = go.Heatmap(
        z=effects,
        x=columns,
        y=[f"head {name}" for name in names],
        text=text if len(names) <= 16 else None,
        texttemplate="%{text}" if len(names) <= 16 else None,
        hovertext=hover,
        hoverinfo="text",
        hoverongaps=False,
        xgap=1,
        ygap=1,
        colorscale=[(0.0, WORSE), (0.5, "rgba(150, 150, 150, 0.12)"), (1.0, BETTER)],
        zmin=-top,
        zmax=top,
        colorbar={"title": {"text": "logits"}, "thickness": 12},
    )
    figure = go.Figure(heat)
    figure.update_yaxes(autorange="reversed", showgrid=False, title="what this head writes")
    figure.update_xaxes(showgrid=False, side="top", title="read by")
    return finish(figure, height=130 + 30 * len(names), legend=False).update_layout(margin={"t": 60})
