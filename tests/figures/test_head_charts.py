"""Charts of heads: what is drawn is what was measured."""

import numpy as np

from culture_core.figures.heads import path_heatmap, task_chart


def test_every_task_is_a_bar_with_its_numbers():
    loss, accuracy, direct = np.array([0.5, -0.25]), np.array([-0.3, 0.0]), np.array([1.5, 0.0])
    (bars,) = task_chart(("contact", "bounce"), np.array([True, False]), loss, accuracy, direct).data
    assert list(bars.x) == [0.5, -0.25]
    assert list(bars.y) == ["contact", "bounce"]
    assert bars.marker.color[0] != bars.marker.color[1]
    assert bars.hovertext[0] == (
        "contact: loss +0.500 nats per cell, accuracy -30 points; adds +1.50 logits at the deciding cell"
    )


def test_paths_are_drawn_where_there_are_some():
    none = np.nan
    effects = np.array([[none, 1.26, -0.01], [none, none, -2.0]])
    heat, numbers = path_heatmap(effects, ("0.0", "1.0"), "the readout").data
    assert heat.x == ("head 1.0", "the readout")
    assert np.array_equal(heat.z, effects[:, 1:], equal_nan=True)
    assert heat.hovertext[0][0] == "head 0.0 → head 1.0: +1.26 logits"
    assert heat.hovertext[1][0] == ""
    assert (heat.zmin, heat.zmax) == (-2.0, 2.0)
    drawn = dict(zip(zip(numbers.y, numbers.x, strict=True), numbers.text, strict=True))
    assert drawn == {
        ("head 0.0", "head 1.0"): "+1.3",
        ("head 0.0", "the readout"): "0.0",
        ("head 1.0", "the readout"): "-2.0",
    }
