"""Charts of a population show the numbers they are given."""

import pytest

from culture_core.figures.population_charts import accuracy_curves, coverage_chart, loss_curves

LOGS = {
    0: [
        {"event": "recipe", "quizzes": 0},
        {"event": "train", "quizzes": 100, "loss": 1.0, "last_grid_loss": None},
        {"event": "train", "quizzes": 200, "loss": 0.9, "last_grid_loss": 0.5},
        {"event": "test", "quizzes": 200, "expected_accuracy": 0.25},
    ],
    3: [{"event": "train", "quizzes": 150, "loss": 1.0, "last_grid_loss": 0.7}],
}


def test_curves_have_a_line_a_gpt_and_leave_out_what_was_not_measured():
    accuracy, loss = accuracy_curves(LOGS), loss_curves(LOGS)
    assert [trace.name for trace in accuracy.data] == ["GPT 0", "GPT 3"]
    assert (list(accuracy.data[0].x), list(accuracy.data[0].y)) == ([200], [0.25])
    assert (list(loss.data[0].x), list(loss.data[0].y)) == ([200], [0.5])
    assert (list(loss.data[1].x), list(loss.data[1].y)) == ([150], [0.7])


def test_there_is_no_curve_without_records():
    assert accuracy_curves({0: LOGS[3]}) is None
    assert loss_curves({}) is None


def coverage(sae: float, untrained: float | None) -> dict:
    kind = {"sae": sae, "mlp_neurons": 0.2, "raw_directions": 0.1, "untrained_sae": untrained}
    return {**kind, "by_kind": {"colour": kind, "change": {**kind, "sae": sae / 2}}}


def test_coverage_is_the_mean_over_the_gpts_beside_the_baselines_that_were_measured():
    figure = coverage_chart([coverage(0.4, None), coverage(0.6, 0.1)])
    bars = {trace.name: dict(zip(trace.y, trace.x, strict=True)) for trace in figure.data}
    assert bars["SAE features"] == pytest.approx({"all concepts": 0.5, "colour": 0.5, "change": 0.25})
    assert bars["MLP neurons"]["colour"] == pytest.approx(0.2)
    assert "SAE of an untrained GPT" not in bars
