"""Interventions on features against the same thing written out, and against SAELens' own splicing."""

import pytest
import torch
from feature_helpers import D_SAE, HOOK, K, random_gpt, random_sae

from culture_core.errors import CultureError
from culture_core.features.interventions import Change, Intervention, ablate, directions
from culture_core.models.hooked import to_hooked
from culture_core.models.mygpt import shift_right
from culture_core.models.steering import steered


@pytest.fixture(scope="module")
def sae():
    return random_sae()


@pytest.fixture(scope="module")
def x():
    return torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(1))


def by_hand(sae, x, changes, keep_top, keep_error):
    """Token by token, feature by feature."""
    out = torch.empty_like(x)
    for place in [(i, j) for i in range(x.shape[0]) for j in range(x.shape[1])]:
        before = sae.encode(x[place])
        after = before.clone()
        for feature, scale, add in changes:
            after[feature] = before[feature] * scale + add
        if keep_top is not None:
            kept = after.argsort(descending=True)[:keep_top]
            after = torch.stack([after[f] if f in kept else torch.tensor(0.0) for f in range(D_SAE)])
        error = x[place] - sae.decode(before) if keep_error else 0
        out[place] = sae.decode(after) + error
    return out


@pytest.mark.parametrize("keep_error", [True, False])
@pytest.mark.parametrize("keep_top", [None, 0, 3])
@pytest.mark.parametrize("changes", [(), ((3, 15.0, 0.0),), ((0, 0.0, 0.0), (7, 1.0, 2.5), (5, -1.0, 0.5))])
@torch.inference_mode()
def test_an_intervention_is_what_it_says(sae, x, changes, keep_top, keep_error):
    intervention = Intervention(tuple(Change(*change) for change in changes), keep_top, keep_error)
    truth = by_hand(sae, x, changes, keep_top, keep_error)
    assert torch.allclose(intervention.on(sae)(x), truth, atol=1e-5)


@torch.inference_mode()
def test_with_the_error_kept_no_change_changes_nothing(sae, x):
    assert torch.allclose(Intervention().on(sae)(x), x)
    assert torch.allclose(Intervention(keep_top=K).on(sae)(x), x, atol=1e-6)
    assert torch.allclose(Intervention(keep_error=False).on(sae)(x), sae(x), atol=1e-6)


@torch.inference_mode()
def test_splicing_into_a_gpt_matches_saelens(sae):
    """Against HookedSAETransformer with the SAE attached and a hook on its activations."""
    gpt, tokens = random_gpt(), torch.randint(11, (2, 404))

    def amplify(features, hook):  # noqa: ARG001 - passed by name
        features[..., 3] *= 15
        return features

    hooked = to_hooked(gpt, sae=True)
    sae.cfg.metadata.hook_name = HOOK
    hooked.add_sae(sae, use_error_term=False)
    truth = hooked.run_with_hooks(shift_right(tokens), fwd_hooks=[(f"{HOOK}.hook_sae_acts_post", amplify)])
    replace = Intervention((Change(3, scale=15.0),), keep_error=False).on(sae)
    assert torch.allclose(steered(gpt, HOOK, replace)(tokens), truth, atol=1e-4)


@torch.inference_mode()
def test_ablated_features_are_gone_from_what_goes_on(sae, x):
    features = sae.encode(x)
    chosen = features.flatten(0, 1).sum(0).argsort(descending=True)[:2].tolist()
    change = x - ablate(chosen).on(sae)(x)
    vectors = directions(sae, torch.tensor(chosen))
    assert torch.allclose(change, features[..., chosen] @ vectors, atol=1e-5)


@torch.inference_mode()
def test_directions_are_what_a_unit_of_each_feature_decodes_to(sae):
    truth = sae.W_dec / sae.W_dec.norm(dim=-1, keepdim=True)
    assert torch.allclose(directions(sae, torch.arange(D_SAE)), truth, atol=1e-6)


def test_impossible_interventions_are_refused(sae):
    with pytest.raises(CultureError, match="can be changed only once"):
        Intervention((Change(1, 2.0), Change(1, 3.0)))
    with pytest.raises(CultureError, match="not a number of features"):
        Intervention(keep_top=-1)
    with pytest.raises(CultureError, match="no feature 24"):
        ablate([24]).on(sae)
