"""Charts show the numbers they were given."""

import numpy as np
import pytest

from culture_core.figures.charts import (
    MODEL_COLOURS,
    MODEL_SYMBOLS,
    accuracy_chart,
    universality_curve,
)
from culture_core.figures.differences import differences_chart


def record(share: float, low: float, high: float, **more) -> dict:
    return {"greedy_accuracy": share, "greedy_interval": [low, high], "quizzes": 50, **more}


def test_accuracy_marks_stand_at_the_shares_with_their_intervals():
    by_task = {"frame": record(0.9, 0.8, 0.95), "detect": record(0.2, 0.1, 0.35)}
    figure = accuracy_chart([record(0.55, 0.5, 0.6, id=k, by_task=by_task) for k in range(5)])
    marks = figure.data[0]
    assert list(figure.layout.yaxis.ticktext) == ["detect", "frame", "all tasks"]
    assert list(marks.x) == [0.2, 0.9, 0.55]
    assert marks.x[0] + marks.error_x.array[0] == pytest.approx(0.35)
    assert marks.x[0] - marks.error_x.arrayminus[0] == pytest.approx(0.1)


def test_five_gpts_differ_by_colour_and_by_symbol():
    by_task = {"frame": record(0.9, 0.8, 0.95)}
    figure = accuracy_chart([record(0.5, 0.4, 0.6, id=k, by_task=by_task) for k in range(5)])
    assert {trace.marker.color for trace in figure.data} == set(MODEL_COLOURS)
    assert {trace.marker.symbol for trace in figure.data} == set(MODEL_SYMBOLS)
    assert [trace.name for trace in figure.data] == [f"GPT {k}" for k in range(5)]


def test_the_curve_of_universality_is_the_mean_within_a_band_from_lowest_to_highest():
    shares = np.sort(np.random.default_rng(0).random((5, 101)), axis=1)[:, ::-1]
    low, high, mean, baseline = universality_curve(shares, shares[0] / 2, (0.4, "here")).data
    assert np.array_equal(low.y, shares.min(0))
    assert np.array_equal(high.y, shares.max(0))
    assert mean.y == pytest.approx(shares.mean(0))
    assert (baseline.line.dash, mean.line.dash) == ("dash", None)
    assert baseline.y == pytest.approx(shares[0] / 2)
    assert len(universality_curve(shares).data) == 3


def test_differences_have_a_line_per_measure_and_their_intervals():
    pairs = {
        "world.same": {"mean": 0.02, "interval": [-0.01, 0.05]},
        "states.0.cka_by_position": {"mean": -0.1, "interval": None},
    }
    after = {"name": "after", "from": "before", "pairs": pairs}
    control = {"name": "control", "from": "before", "pairs": {"world.same": pairs["world.same"]}}
    measures = {"world.same": "same answer", "states.0.cka_by_position": "states"}
    figure = differences_chart([after, control], measures, "before")
    marks, others = figure.data
    assert list(figure.layout.yaxis.ticktext) == ["same answer", "states"]
    assert list(marks.x) == pytest.approx([2, -10]) and list(others.x) == pytest.approx([2])
    assert list(marks.error_x.array) == pytest.approx([3, 0])
    assert list(marks.error_x.arrayminus) == pytest.approx([3, 0])
    assert "+2.0 (-1.0 to +5.0)" in marks.hovertext[0]
    assert marks.hovertext[1] == "after, states: -10.0, without an interval"
    assert figure.layout.xaxis.title.text == "points above before"
