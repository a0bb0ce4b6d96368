"""Charts show the numbers they were given."""

import numpy as np
import pytest

from culture_core.figures.charts import (
    MODEL_COLOURS,
    MODEL_SYMBOLS,
    accuracy_chart,
    r_distribution,
)


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


def test_shares_of_the_r_distribution_add_up_to_one():
    r = np.random.default_rng(0).random(200)
    trace = r_distribution({3: r}, [(0.4, "here")]).data[0]
    assert sum(trace.y[:-1]) == pytest.approx(1.0)
    assert trace.name == "GPT 3"


def test_baselines_are_dashed_and_each_in_its_own_way():
    r = np.random.default_rng(0).random(200)
    figure = r_distribution({3: r}, baselines={"shuffled": r / 2, "untrained": r / 3})
    assert [trace.name for trace in figure.data] == ["GPT 3", "shuffled", "untrained"]
    assert len({trace.line.dash for trace in figure.data}) == 3
    assert sum(figure.data[1].y[:20]) == pytest.approx(1.0)
