"""Charts of a population: its training curves, and how well its features cover the concepts."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from culture_core.features.grading.coverage import COVERAGE_SOURCES
from culture_core.figures.charts import MODEL_COLOURS, finish, model_colour

Records = Sequence[Mapping[str, Any]]
SOURCE_COLOURS = {
    "sae": MODEL_COLOURS[0],
    "mlp_neurons": "rgba(128, 128, 128, 0.85)",
    "raw_directions": "rgba(128, 128, 128, 0.6)",
    "untrained_sae": "rgba(128, 128, 128, 0.4)",
}


def accuracy_curves(logs: Mapping[int, Records]) -> go.Figure | None:
    """Share of held-out quizzes right when sampled, by quizzes trained on, one line per GPT; None without
    tests.

    logs: by GPT, the records of training.json.
    """
    figure = go.Figure()
    for place, (model_k, records) in enumerate(logs.items()):
        tests = [record for record in records if record["event"] == "test"]
        figure.add_trace(_curve(place, model_k, tests, "expected_accuracy", "%{y:.1%} of quizzes right"))
    if not any(len(trace.x) for trace in figure.data):
        return None
    figure.update_yaxes(title="quizzes right", tickformat=".0%", range=[0, 1.02])
    return _over_quizzes(figure)


def loss_curves(logs: Mapping[int, Records]) -> go.Figure | None:
    """Loss over the last grid in training, in nats per cell, by quizzes trained on; None without records."""
    figure = go.Figure()
    for place, (model_k, records) in enumerate(logs.items()):
        trained = [r for r in records if r["event"] == "train" and r["last_grid_loss"] is not None]
        figure.add_trace(_curve(place, model_k, trained, "last_grid_loss", "loss %{y:.3g}"))
    if not any(len(trace.x) for trace in figure.data):
        return None
    figure.update_yaxes(title="last-grid loss", type="log", dtick="D2", tickformat=".1~g")
    return _over_quizzes(figure)


def _curve(place: int, model_k: int, records: Records, value: str, words: str) -> go.Scatter:
    return go.Scatter(
        x=[record["quizzes"] for record in records],
        y=[record[value] for record in records],
        mode="lines",
        line={"color": model_colour(place), "width": 2},
        name=f"GPT {model_k}",
        hovertemplate=f"GPT {model_k} after %{{x:,}} quizzes: {words}<extra></extra>",
    )


def _over_quizzes(figure: go.Figure) -> go.Figure:
    figure.update_xaxes(title="quizzes trained on", rangemode="tozero", exponentformat="SI")
    return finish(figure, height=300)


def coverage_chart(coverage: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Mean over concepts of the best F1 of any feature, by kind of concept, beside the baselines.

    coverage: one record per GPT, `Grades.coverage`; the mean over the GPTs is drawn. Source: Karvonen et al.
    2024.
    """
    kinds = [*reversed(coverage[0]["by_kind"]), "all concepts"]
    figure = go.Figure()
    for source, colour in reversed(SOURCE_COLOURS.items()):
        name = COVERAGE_SOURCES[source]
        values = [_mean_coverage(coverage, kind, source) for kind in kinds]
        if any(value is None for value in values):
            continue
        hover = [f"{name}, {kind}: best F1 {value:.2f}" for kind, value in zip(kinds, values, strict=True)]
        figure.add_trace(
            go.Bar(
                x=values,
                y=kinds,
                orientation="h",
                name=name,
                marker={"color": colour},
                hovertext=hover,
                hoverinfo="text",
            )
        )
    figure.update_xaxes(title="mean over concepts of the best F1 of any feature", range=[0, 1])
    figure.update_layout(barmode="group")
    figure = finish(figure, height=90 + 44 * len(kinds))
    return figure.update_layout(legend_traceorder="reversed")


def _mean_coverage(coverage: Sequence[Mapping[str, Any]], kind: str, source: str) -> float | None:
    records = coverage if kind == "all concepts" else [record["by_kind"][kind] for record in coverage]
    values = [record[source] for record in records]
    return None if any(value is None for value in values) else sum(values) / len(values)
