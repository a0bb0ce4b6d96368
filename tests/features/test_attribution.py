"""Attribution against runs of the whole GPT with one feature removed, and against finite differences."""

import numpy as np
import pytest
import torch
from feature_helpers import HOOK, random_gpt, random_sae

from culture_core.errors import CultureError
from culture_core.features.attribution import Attribution, Margin, attribute, choose_margin
from culture_core.features.interventions import Change, Intervention, ablate
from culture_core.models.steering import steered
from culture_core.world.quizzes import generate_quizzes

MARGIN = Margin(position=320, token=4, against=7)


@pytest.fixture(scope="module")
def gpt():
    return random_gpt()


@pytest.fixture(scope="module")
def sae():
    return random_sae()


@pytest.fixture(scope="module")
def tokens():
    return generate_quizzes(("frame",), 1, seed=3).tokens[0]


@torch.inference_mode()
def margin_under(gpt, sae, tokens, intervention, hook=HOOK, margin=MARGIN):
    logits = steered(gpt, hook, intervention.on(sae))(tokens[None])[0, margin.position]
    return float(logits[margin.token] - logits[margin.against])


@pytest.mark.parametrize("hook", [HOOK, "blocks.1.hook_mlp_out"])
def test_ablation_effects_match_the_whole_gpt_without_the_feature(gpt, sae, tokens, hook):
    found = attribute(gpt, sae, hook, tokens, MARGIN)
    intact = margin_under(gpt, sae, tokens, Intervention(), hook)
    assert found.value == pytest.approx(intact, abs=1e-4)
    assert len(found.feature) == found.n_firing > 5
    for feature, drop in zip(found.feature, found.ablation, strict=True):
        # the state after the 0 in front is no token of the quiz: it is left alone
        without = margin_without(gpt, sae, tokens, int(feature), hook)
        assert drop == pytest.approx(intact - without, abs=2e-4)


@torch.inference_mode()
def margin_without(gpt, sae, tokens, feature, hook):
    replace = ablate([feature]).on(sae)

    def after_the_first(x):
        return torch.cat([x[:, :1], replace(x)[:, 1:]], dim=1)

    logits = steered(gpt, hook, after_the_first)(tokens[None])[0, MARGIN.position]
    return float(logits[MARGIN.token] - logits[MARGIN.against])


def test_gradient_times_activation_matches_finite_differences(gpt, sae, tokens):
    gpt, sae = gpt.double(), sae.double()
    try:
        found = attribute(gpt, sae, HOOK, tokens, MARGIN)
        step = 1e-5
        for row in range(4):
            feature = int(found.feature[row])

            def scaled(by, feature=feature):
                def replace(x):
                    changed = Intervention((Change(feature, scale=by),)).on(sae)(x)
                    return torch.cat([x[:, :1], changed[:, 1:]], dim=1)

                with torch.inference_mode():
                    logits = steered(gpt, HOOK, replace)(tokens[None])[0, MARGIN.position]
                return float(logits[MARGIN.token] - logits[MARGIN.against])

            slope = (scaled(1 + step) - scaled(1 - step)) / (2 * step)
            assert found.gradient[row] == pytest.approx(slope, abs=1e-5)
    finally:
        gpt.float(), sae.float()


def test_the_estimate_by_token_adds_up_and_lies_where_the_feature_fires(gpt, sae, tokens):
    from culture_core.models.steering import halfway

    found = attribute(gpt, sae, HOOK, tokens, MARGIN)
    assert found.by_token.sum(1) == pytest.approx(found.gradient, abs=1e-4)
    with torch.inference_mode():
        fires = sae.encode(halfway(gpt, HOOK, tokens[None]).x[0, 1:])[:, found.feature] > 0
    assert not found.by_token[:, :403][~fires.T.numpy()].any()
    assert not found.by_token[:, MARGIN.position :].any()


def test_fewer_features_are_those_that_matter_or_fire_most(gpt, sae, tokens):
    everything = attribute(gpt, sae, HOOK, tokens, MARGIN)
    some = attribute(gpt, sae, HOOK, tokens, MARGIN, n_features=6)
    largest = everything.feature[abs(everything.gradient).argsort()[::-1][:4]]
    assert set(largest) <= set(some.feature)
    assert len(set(some.feature)) == 6
    assert (abs(some.ablation)[:-1] >= abs(some.ablation)[1:]).all()


def test_the_margin_is_of_the_answer_over_the_unchanged_colour(gpt, tokens):
    with torch.inference_mode():
        logits = gpt(tokens[None])[0]
    for position in (304, 320, 403):
        margin = choose_margin(gpt, tokens, position)
        assert margin.token == int(logits[position].argmax())
        unchanged = int(tokens[position - 101])
        second = int(logits[position].argsort(descending=True)[1])
        assert margin.against == (second if unchanged == margin.token else unchanged)
    assert choose_margin(gpt, tokens, 50).against == int(logits[50].argsort(descending=True)[1])
    with pytest.raises(CultureError, match="no prediction at 404"):
        choose_margin(gpt, tokens, 404)


def test_a_feature_asked_for_is_ablated_although_it_is_not_among_the_strongest(gpt, sae, tokens):
    everything = attribute(gpt, sae, HOOK, tokens, MARGIN)
    weakest = int(everything.feature[-1])
    few = attribute(gpt, sae, HOOK, tokens, MARGIN, n_features=3)
    assert weakest not in few.feature
    asked = attribute(gpt, sae, HOOK, tokens, MARGIN, n_features=3, also=weakest)
    assert set(asked.feature) == {*few.feature, weakest}
    place = asked.feature.tolist().index(weakest)
    assert asked.ablation[place] == pytest.approx(float(everything.ablation[-1]), abs=1e-6)


def test_features_whose_estimate_has_the_other_sign_are_told_unless_both_are_small():
    numbers = np.array([[6.0, -1.0], [3.0, 2.0], [0.01, -0.01], [-0.02, 0.5]], np.float32)
    found = Attribution(MARGIN, 1.0, 4, np.arange(4), numbers[:, 0], numbers[:, 1], np.zeros((4, 404)))
    assert found.disagree.tolist() == [True, False, False, True]
