"""What a feature promotes is told among the colours, at its maximum, and only where it matters."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dashboard.data.feature.promotion import LEAST_EFFECT, colour_effects, promoted_colours


def test_effects_are_logits_at_the_maximum_above_the_mean_of_the_colours():
    effects = np.random.default_rng(0).normal(size=(3, 15))
    maximum = np.array([2.0, 10.0, 0.0])
    found = colour_effects(effects, maximum)
    assert found.shape == (3, 11)
    assert found.sum(1) == pytest.approx([0, 0, 0])
    assert found[1, 4] - found[1, 7] == pytest.approx(10 * (effects[1, 4] - effects[1, 7]))


def test_no_marker_is_promoted_and_a_small_effect_is_left_out():
    effects = np.zeros((3, 15))
    effects[:, 13] = 5.0
    effects[0, 2], effects[1, 3] = 1.0, 0.001
    effects[2] += 7.0
    index = SimpleNamespace(all_logit_effects=effects, table=pd.DataFrame({"max": [3.0, 3.0, 3.0]}))
    names, by = promoted_colours(index)
    assert names.tolist() == ["green", "", ""]
    assert by[0] == pytest.approx(3 * (1 - 1 / 11))
    assert 0 < by[1] < LEAST_EFFECT
