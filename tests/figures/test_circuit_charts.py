"""Charts of circuits: what is drawn is what was measured."""

import numpy as np
import pytest

from culture_core.figures.circuits import attribution_chart, change_heatmaps, offset_profile, strength_chart


def test_a_heat_map_a_gpt_holds_its_changes():
    changes = {"GPT 0": np.array([[-0.5, 0.0]]), "GPT 4": np.array([[0.25, -1.0]])}
    figure = change_heatmaps(changes, ["mlp 0"], ["all tasks", "grow"], "accuracy")
    assert [np.asarray(trace.z).tolist() for trace in figure.data] == [[[-0.5, 0.0]], [[0.25, -1.0]]]
    assert figure.data[1].hovertext[0][1] == "GPT 4 without mlp 0, grow: -100.0 points"
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)


def test_a_rising_loss_has_the_colour_of_a_falling_accuracy():
    figure = change_heatmaps({"GPT 0": np.array([[2.5, -0.001]])}, ["mlp 0"], ["a", "b"], "loss")
    worse, better = np.asarray(figure.data[0].z)[0]
    assert worse < 0 < better
    assert figure.layout.coloraxis.cmin <= worse
    assert "+2.5 nats per cell" in figure.data[0].hovertext[0][0]


def test_the_profile_puts_column_j_at_offset_minus_1_minus_j():
    offsets = np.zeros(404)
    offsets[100] = 0.9
    bars = offset_profile(offsets).data[0]
    assert bars.x[int(np.argmax(bars.y))] == -101
    assert bars.hovertext[100] == "offset -101: 90.00% of the attention"


def test_the_chosen_feature_stands_out_among_attributions():
    figure = attribution_chart(np.array([7, 9]), np.array([1.0, -2.0]), np.array([0.5, -1.0]), 9)
    points = figure.data[1]
    assert points.x.tolist() == [1.0, -2.0]
    assert points.marker.symbol == ("circle", "diamond")
    assert figure.data[0].x[0] == pytest.approx(-2.0)


def test_a_curve_of_strength_has_its_probability_left_and_its_changed_cells_right():
    curves = {
        "GPT 1": (np.array([0.9, 0.2]), np.array([0, 31])),
        "GPT 4": (np.array([0.5, 0.6]), np.array([2, 0])),
    }
    figure = strength_chart(curves, [0.0, 15.0], [1, 4])
    left, right = ([t for t in figure.data if t.yaxis == axis] for axis in ("y", "y2"))
    assert [list(trace.y) for trace in left] == [[0.9, 0.2], [0.5, 0.6]]
    assert [list(trace.y) for trace in right] == [[0, 31], [2, 0]]
    assert left[0].line.color != left[1].line.color
    assert figure.layout.yaxis2.range[1] >= 31
