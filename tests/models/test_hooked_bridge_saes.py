"""SAELens' SAETransformerBridge, where SAELens is installed, gives what its HookedSAETransformer gives."""

import pytest
import torch
import torch.nn.functional as F
from model_helpers import ASYM, expected, relative_error
from sae_lens import SAE, SAETransformerBridge

from culture_core import load_hooked

WIDTHS = {"blocks.1.hook_mlp_out": 64, "blocks.2.hook_resid_post": 64, "blocks.1.hook_resid_mid": 64}


@pytest.fixture(scope="module")
def inputs():
    return F.pad(expected(ASYM, 0).tokens[:2].long(), (1, 0))


@pytest.fixture(scope="module")
def models():
    """The same GPT as a HookedSAETransformer and as a SAETransformerBridge."""
    return [load_hooked(0, ASYM, kind=kind, sae=True)[0] for kind in ("hooked", "bridge")]


def random_sae(hook, width):
    torch.manual_seed(4)
    sae = SAE.from_dict({"architecture": "standard", "d_in": width, "d_sae": 32, "dtype": "float32"})
    sae.cfg.metadata.hook_name = hook
    with torch.no_grad():
        for weight in sae.parameters():
            weight.normal_(std=0.3)
    return sae


def test_sae_true_gives_saelens_bridge(models):
    assert isinstance(models[1], SAETransformerBridge)


def test_hook_points_have_their_usual_names_where_no_sae_is(models, inputs):
    (plain,) = load_hooked(0, ASYM, kind="bridge")
    hook = "blocks.1.hook_mlp_out"
    assert set(models[1].hook_dict) == set(plain.hook_dict)
    with models[1].saes([random_sae(hook, WIDTHS[hook])]), torch.inference_mode():
        names = set(models[1].run_with_cache(inputs)[1])
    assert hook not in names
    assert "blocks.1.mlp.hook_out.hook_sae_acts_post" in names
    assert set(models[1].hook_dict) == set(plain.hook_dict)


def test_a_hook_set_by_its_usual_name_acts(models, inputs):
    doubled = [("blocks.1.hook_mlp_out", lambda value, **_: value * 2)]
    with torch.inference_mode():
        hooked, bridged = (model.run_with_hooks(inputs, fwd_hooks=doubled) for model in models)
        assert relative_error(bridged, models[1](inputs)) > 1e-2
    assert relative_error(bridged, hooked) < 1e-5


@pytest.mark.parametrize("hook", WIDTHS)
def test_splicing_an_sae_into_a_bridge_acts_as_into_a_hookedsaetransformer(models, inputs, hook):
    sae = random_sae(hook, WIDTHS[hook])
    with torch.inference_mode():
        hooked, bridged = (model.run_with_saes(inputs, saes=[sae]) for model in models)
        untouched = models[1](inputs)
    assert relative_error(bridged, hooked) < 1e-5
    assert relative_error(bridged, untouched) > 1e-2


def test_features_can_be_cached_from_a_bridge(models, inputs):
    hook = "blocks.1.hook_mlp_out"
    sae = random_sae(hook, WIDTHS[hook])
    with torch.inference_mode():
        _, cache = models[1].run_with_cache_with_saes(inputs, saes=[sae])
        truth = sae.encode(models[1].run_with_cache(inputs)[1][hook])
    features = cache[models[1].get_sae_hook_name(sae)]
    assert features.shape == (2, 405, 32)
    assert torch.allclose(features, truth, atol=1e-5)
