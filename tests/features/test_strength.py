"""The curve of strength against runs of the whole GPT with the features scaled."""

import numpy as np
import pytest
import torch
from feature_helpers import HOOK, random_gpt, random_sae

from culture_core.features.interventions import Change, Intervention
from culture_core.features.strength import strength_curve
from culture_core.models.positions import only_at
from culture_core.models.steering import steered
from culture_core.world.quizzes import generate_quizzes

CELL = 330


@pytest.mark.parametrize("positions", [None, range(CELL, CELL + 1)])
def test_every_point_of_the_curve_is_a_run_with_the_features_at_that_strength(positions):
    gpt, sae = random_gpt(), random_sae()
    tokens = generate_quizzes(("frame",), 1, seed=3).tokens[0]
    base = Intervention((Change(2, scale=0.0), Change(5, add=7.0)))
    curve = strength_curve(
        gpt, sae, HOOK, tokens, base, CELL, positions=positions, strengths=(0.0, 1.0, 15.0)
    )
    with torch.inference_mode():
        intact = gpt(tokens[None])[0]
        for place, strength in enumerate(curve.strength):
            scaled = Intervention((Change(2, scale=strength), Change(5, scale=strength))).on(sae)
            logits = steered(gpt, HOOK, only_at(positions, scaled))(tokens[None])[0]
            probability = float(logits[CELL].double().softmax(-1)[curve.token])
            assert curve.probability[place] == pytest.approx(probability, abs=1e-5)
            changed = int((logits[304:].argmax(-1) != intact[304:].argmax(-1)).sum())
            assert curve.changed[place] == changed
    assert curve.token == int(intact[CELL].argmax())
    assert curve.changed[1] == 0
    assert np.ptp(curve.probability) > 1e-4
