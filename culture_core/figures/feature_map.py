"""A map of features: how often each fires against how universal it is, coloured by what it is about."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from culture_core.figures.charts import finish

# eight hues that stay apart in both themes; the last is of features without a concept
FAMILY_COLOURS = ("#0089d6", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#7b61ff", "#56b4e9", "#8c564b")
NO_FAMILY, NO_FAMILY_COLOUR = "no concept", "rgba(128, 128, 128, 0.45)"
HEIGHT = 380


def feature_map(
    density: NDArray[np.floating],
    universality: NDArray[np.floating],
    family: Sequence[str],
    names: Sequence[str],
) -> go.Figure:
    """One dot per feature (f,), to be brushed: density, on a logarithmic axis, against universality.

    family: what each is about, "" for none; names: what is said when it is pointed at.
    """
    families, of_family = np.array(family), np.array(names, dtype=object)
    present = sorted({name for name in family if name}, key=lambda name: -int((families == name).sum()))
    figure = go.Figure()
    for name in ("", *present):
        chosen = families == name
        place = present.index(name) if name else -1
        colour = FAMILY_COLOURS[place % len(FAMILY_COLOURS)] if name else NO_FAMILY_COLOUR
        figure.add_trace(
            go.Scattergl(
                x=density[chosen],
                y=universality[chosen],
                mode="markers",
                marker={"color": colour, "size": 5, "opacity": 0.7},
                name=name or NO_FAMILY,
                text=of_family[chosen],
                hovertemplate="%{text}<br>density %{x:.3%}, universality %{y:.2f}<extra></extra>",
            )
        )
    figure.update_xaxes(
        title="density: share of tokens it fires on", type="log", tickformat=".2~%", dtick="D2"
    )
    figure.update_yaxes(title="universality", range=[-0.02, 1.02])
    finish(figure, height=HEIGHT)
    return figure.update_layout(dragmode="select")
