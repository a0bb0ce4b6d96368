"""Charts of universality beyond correlation: explained variance between GPTs, users of latents, effects."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from culture_core.figures.charts import BASELINE_COLOUR, MODEL_COLOURS, finish

SEQUENTIAL = "Blues"


def variance_matrix(explained: NDArray[np.floating], models: Sequence[int]) -> go.Figure:
    """The share of the variance of the states of GPT [row] that its SAE explains from the mapped states of
    [column]: (m, m), written on each cell."""
    names = [f"GPT {k}" for k in models]
    figure = go.Figure(
        go.Heatmap(
            z=explained,
            x=names,
            y=names,
            zmin=0,
            zmax=1,
            colorscale=SEQUENTIAL,
            texttemplate="%{z:.2f}",
            hovertemplate="the SAE of %{y} on states of %{x}: %{z:.3f} of the variance<extra></extra>",
            colorbar={"title": "explained", "thickness": 12},
        )
    )
    figure.update_xaxes(title="states of", side="top")
    figure.update_yaxes(title="SAE of", autorange="reversed")
    return finish(figure, height=60 + 56 * len(names), legend=False)


def users_chart(shares: Mapping[int, float]) -> go.Figure:
    """The share of latents used by so many GPTs."""
    names = [f"{n} GPTs" if n > 1 else "1 GPT" for n in shares]
    figure = go.Figure(
        go.Bar(
            x=list(shares.values()),
            y=names,
            orientation="h",
            marker={"color": MODEL_COLOURS[0]},
            texttemplate="%{x:.0%}",
            hovertemplate="%{x:.1%} of the latents are used by %{y}<extra></extra>",
        )
    )
    figure.update_xaxes(tickformat=".0%", range=[0, max(1e-9, *shares.values()) * 1.15])
    figure.update_yaxes(autorange="reversed")
    return finish(figure, height=40 + 34 * len(names), legend=False)


def effects_chart(
    names: Sequence[str], effects: NDArray[np.floating], controls: NDArray[np.floating], title: str
) -> go.Figure:
    """Effects of sets, one row each: a dot per GPT, grey ones for the controls. effects, controls: (s, m)."""
    figure = go.Figure()
    for values, colour, label in (
        (controls, BASELINE_COLOUR, "controls of like density"),
        (effects, MODEL_COLOURS[0], "the set, one dot per GPT"),
    ):
        m = values.shape[1]
        figure.add_trace(
            go.Scatter(
                x=values.ravel(),
                y=np.repeat(names, m),
                mode="markers",
                marker={"color": colour, "size": 8, "opacity": 0.8},
                name=label,
                hovertemplate=f"%{{y}}: %{{x:.3f}}<extra>{label}</extra>",
            )
        )
    figure.update_xaxes(title=title, zeroline=True)
    figure.update_yaxes(autorange="reversed")
    return finish(figure, height=80 + 26 * len(names))
