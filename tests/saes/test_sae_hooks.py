import pytest
import torch

from culture_core import load_culture, load_hooked
from culture_core.errors import CultureError
from culture_core.saes.hooks import activations_at, activations_at_each, check_hook, default_hook


@pytest.mark.parametrize(
    ("n_blocks", "hook"), [(4, "blocks.2.hook_resid_post"), (12, "blocks.8.hook_resid_post")]
)
def test_default_hook_is_at_two_thirds_of_the_depth(n_blocks, hook):
    assert default_hook(n_blocks) == hook


def test_activations_match_a_full_run_with_cache(fixture_gpts):
    model = load_hooked([0], source=fixture_gpts)[0]
    tokens = torch.randint(0, 11, (2, 404), generator=torch.Generator().manual_seed(0))
    zero_first = torch.cat([torch.zeros(2, 1, dtype=torch.long), tokens[:, :-1]], dim=1)
    _, cache = model.run_with_cache(zero_first)
    for hook in ("blocks.0.hook_mlp_out", "blocks.1.hook_resid_post"):
        assert torch.equal(activations_at(model, hook, tokens), cache[hook])


def test_a_gpt_shows_what_its_transformer_lens_form_shows(fixture_gpts):
    hooked, gpt = load_hooked([1], source=fixture_gpts)[0], load_culture([1], source=fixture_gpts)[0]
    tokens = torch.randint(0, 11, (2, 404), generator=torch.Generator().manual_seed(0))
    hooks = ["blocks.0.hook_attn_out", "blocks.0.hook_resid_post", "blocks.1.hook_mlp_out"]
    ours = activations_at_each(gpt, hooks, tokens)
    for hook, theirs in activations_at_each(hooked, hooks, tokens).items():
        assert torch.allclose(ours[hook], theirs, atol=1e-4), hook


def test_unknown_hook_names_some_that_exist(fixture_gpts):
    model = load_hooked([0], source=fixture_gpts)[0]
    with pytest.raises(CultureError, match=r"no hook point 'blocks\.9\.x'.*blocks\.0\.hook_resid_post"):
        check_hook(model, "blocks.9.x")
