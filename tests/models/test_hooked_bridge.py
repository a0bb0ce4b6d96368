"""A GPT as a TransformerBridge. `make test-bridge` runs this file on the newest TransformerLens as well."""

from importlib.metadata import version

import pytest
import torch
import torch.nn.functional as F
from model_helpers import ASYM, FIXTURE_MODELS, expected, relative_error, tiny_gpt
from transformer_lens.model_bridge import TransformerBridge

from culture_core import create_tokenizer, generate, load_culture, load_hooked
from culture_core.models.hooked_bridge import to_bridge
from culture_core.models.mygpt import EDIT_POINTS, MyGPTConfig, sinusoidal_positional_encoding
from culture_core.models.steering import steered, steered_answers
from culture_core.saes.hooks import activations_at

WIDE_KEYS = MyGPTConfig(d_model=16, dim_keys=12, dim_hidden=24, n_heads=4, n_blocks=2)
EQUAL_WIDTHS = MyGPTConfig(d_model=16, dim_keys=8, dim_hidden=24, n_heads=2, n_blocks=2)
NARROW_KEYS = MyGPTConfig(d_model=16, dim_keys=1, dim_hidden=24, n_heads=2, n_blocks=2)
SHAPES = [WIDE_KEYS, EQUAL_WIDTHS, NARROW_KEYS]
ALL_POINTS = [f"blocks.{block}.{point}" for block in range(3) for point in EDIT_POINTS]

# of a block of the fixture: d_model 64, four heads, dim_keys 8, values 16 wide, MLP 96 wide
WIDTHS = {
    "hook_resid_pre": (64,),
    "ln1.hook_scale": (1,),
    "ln1.hook_normalized": (64,),
    "attn.hook_q": (4, 8),
    "attn.hook_k": (4, 8),
    "attn.hook_v": (4, 16),
    "attn.hook_z": (4, 16),
    "hook_attn_out": (64,),
    "hook_resid_mid": (64,),
    "ln2.hook_scale": (1,),
    "ln2.hook_normalized": (64,),
    "mlp.hook_pre": (96,),
    "mlp.hook_post": (96,),
    "hook_mlp_out": (64,),
    "hook_resid_post": (64,),
}


@pytest.fixture(scope="module")
def gpt():
    return load_culture(0, ASYM)[0]


@pytest.fixture(scope="module")
def bridge(gpt):
    return to_bridge(gpt)


@pytest.fixture(scope="module")
def inputs():
    return with_zero(expected(ASYM, 0).tokens[:2])


def with_zero(tokens):
    return F.pad(tokens.long(), (1, 0))


def noisy(value):
    """A change that depends on the value's shape alone."""
    noise = torch.randn(value.shape, generator=torch.Generator().manual_seed(3))
    return value + noise.to(value.dtype)


def values_of(gpt, inputs):
    """What MyGPT has at every hook point where it can be changed, by name."""
    seen = {}
    gpt.read(inputs, edit=lambda name, value: seen.setdefault(name, value))
    return seen


def surprise(logits, inputs):
    """The mean loss of predicting each input from those before."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), inputs[:, 1:].flatten())


def same_weights(gpt, bridge):
    """Each parameter of MyGPT with that of the bridge, which has W_O transposed."""
    yield gpt.token_embedding.weight, bridge.embed.weight
    yield from zip(gpt.readout.parameters(), bridge.original_model.readout.parameters(), strict=True)
    for block, theirs in zip(gpt.blocks, bridge.blocks, strict=True):
        attention = block.attention
        yield attention.w_q, theirs.attn.q.weight
        yield attention.w_k, theirs.attn.k.weight
        yield attention.w_v, theirs.attn.v.weight
        yield attention.w_o, theirs.attn.o.weight
        pairs = (
            (block.ln_attention, theirs.ln1),
            (block.ln_mlp, theirs.ln2),
            (block.mlp_in, getattr(theirs.mlp, "in")),
            (block.mlp_out, theirs.mlp.out),
        )
        for part, their_part in pairs:
            yield part.weight, their_part.weight
            yield part.bias, their_part.bias


@pytest.mark.parametrize(("folder", "model_k"), FIXTURE_MODELS)
def test_bridge_logits_match_the_public_code(folder, model_k):
    truth = expected(folder, model_k)
    (model,) = load_hooked(model_k, folder, kind="bridge")
    with torch.inference_mode():
        logits = model(with_zero(truth.tokens))
    assert type(model) is TransformerBridge
    assert logits.shape == (8, 405, 15)
    assert relative_error(logits[:, :-1], truth.logits) < 1e-5
    assert model.id == model_k


@pytest.mark.parametrize(("folder", "model_k"), FIXTURE_MODELS)
def test_greedy_grids_of_a_bridge_match_the_public_code(folder, model_k):
    truth = expected(folder, model_k)
    (model,) = load_hooked(model_k, folder, kind="bridge")
    assert torch.equal(generate(model, truth.tokens)[1], truth.greedy)


@pytest.mark.parametrize("config", SHAPES)
def test_keys_of_any_width_convert_to_a_bridge(config):
    model, tokens = tiny_gpt(config=config), torch.randint(15, (2, 404))
    with torch.inference_mode():
        logits, cache = to_bridge(model).run_with_cache(with_zero(tokens))
    assert relative_error(logits[:, :-1], model(tokens)) < 1e-5
    assert cache["blocks.1.attn.hook_q"].shape == (2, 405, config.n_heads, config.dim_keys)
    assert cache["blocks.1.attn.hook_z"].shape == (2, 405, config.n_heads, config.dim_values)


def test_a_float64_model_makes_an_exact_bridge():
    model, tokens = tiny_gpt().double(), torch.randint(15, (1, 404))
    with torch.inference_mode():
        assert relative_error(to_bridge(model)(with_zero(tokens))[:, :-1], model(tokens)) < 1e-12


def test_every_hook_point_has_its_usual_name_and_the_width_of_mygpt(bridge, inputs):
    _, cache = bridge.run_with_cache(inputs)
    shapes = {name: tuple(cache[f"blocks.2.{name}"].shape) for name in WIDTHS}
    assert shapes == {name: (2, 405, *width) for name, width in WIDTHS.items()}
    for name in ("attn.hook_attn_scores", "attn.hook_pattern"):
        assert cache[f"blocks.2.{name}"].shape == (2, 4, 405, 405)
    assert cache["hook_embed"].shape == cache["hook_pos_embed"].shape == (2, 405, 64)
    assert not [name for name in bridge.hook_dict if name.startswith("ln_final")]


def test_cached_values_are_those_of_mygpt(gpt, bridge, inputs):
    _, cache = bridge.run_with_cache(inputs)
    values = values_of(gpt, inputs)
    assert set(values) == set(ALL_POINTS)
    for name, value in values.items():
        assert relative_error(cache[name], value) < 1e-5, name


def test_scores_are_masked_and_their_softmax_is_the_pattern(gpt, bridge, inputs):
    _, cache = bridge.run_with_cache(inputs)
    scores, pattern = cache["blocks.1.attn.hook_attn_scores"], cache["blocks.1.attn.hook_pattern"]
    queries, keys, values = (cache[f"blocks.1.attn.hook_{part}"].transpose(1, 2) for part in "qkv")
    past = torch.ones(405, 405, dtype=torch.bool).tril()
    products = (queries @ keys.mT / gpt.config.dim_keys**0.5).masked_fill(~past, float("-inf"))
    assert torch.allclose(scores, products, atol=1e-5)
    assert torch.allclose(scores.softmax(-1), pattern)
    assert torch.allclose((pattern @ values).transpose(1, 2), cache["blocks.1.attn.hook_z"], atol=1e-5)


@pytest.mark.parametrize("name", ALL_POINTS)
def test_a_value_replaced_in_a_bridge_acts_as_in_mygpt(gpt, bridge, inputs, name):
    truth = gpt.read(inputs, edit=lambda at, value: noisy(value) if at == name else value)
    logits = bridge.run_with_hooks(inputs, fwd_hooks=[(name, lambda value, **_: noisy(value))])
    assert relative_error(logits, truth) < 1e-5
    assert relative_error(bridge(inputs), truth) > 1e-2


@pytest.mark.parametrize("name", ["hook_attn_scores", "hook_pattern", "hook_q", "hook_k", "hook_v"])
def test_a_value_replaced_inside_attention_reaches_the_logits(bridge, inputs, name):
    at = f"blocks.1.attn.{name}"
    changed = bridge.run_with_hooks(inputs, fwd_hooks=[(at, lambda value, **_: value * 0.5)])
    assert relative_error(changed, bridge(inputs)) > 1e-3


def test_gradients_at_hook_points_are_those_of_mygpt(gpt, bridge, inputs):
    values, gradients = {}, {}
    logits = gpt.read(inputs, edit=lambda name, value: values.setdefault(name, value))
    truth = torch.autograd.grad(surprise(logits, inputs), list(values.values()))
    hooks = [(name, lambda grad, name=name, **_: gradients.update({name: grad})) for name in ALL_POINTS]
    with bridge.hooks(bwd_hooks=hooks):
        surprise(bridge(inputs), inputs).backward()
    for name, gradient in zip(values, truth, strict=True):
        assert relative_error(gradients[name], gradient) < 1e-4, name


def test_gradients_of_all_weights_are_those_of_mygpt(gpt, inputs):
    bridge = to_bridge(gpt)
    pairs = list(same_weights(gpt, bridge))
    assert len(pairs) == len(list(gpt.parameters())) == sum(p.requires_grad for p in bridge.parameters())
    truth = torch.autograd.grad(surprise(gpt.read(inputs), inputs), [ours for ours, _ in pairs])
    surprise(bridge(inputs), inputs).backward()
    for gradient, (ours, theirs) in zip(truth, pairs, strict=True):
        transposed = any(ours is block.attention.w_o for block in gpt.blocks)
        theirs_as_ours = (theirs.grad.T if transposed else theirs.grad).reshape(ours.shape)
        assert relative_error(theirs_as_ours, gradient) < 1e-4


def test_positions_of_a_bridge_are_the_frozen_sinusoids():
    bridge = to_bridge(tiny_gpt())
    assert torch.equal(bridge.pos_embed.W_pos, sinusoidal_positional_encoding(405, 16))
    assert not bridge.pos_embed.W_pos.requires_grad
    assert bridge.W_E.requires_grad


def test_weights_have_the_shapes_that_transformerlens_documents(gpt, bridge):
    assert bridge.W_Q.shape == bridge.W_K.shape == (3, 4, 64, 8)
    assert bridge.W_V.shape == (3, 4, 64, 16)
    assert bridge.W_O.shape == (3, 4, 16, 64)
    assert torch.equal(bridge.W_Q[1], gpt.blocks[1].attention.w_q.transpose(1, 2))
    assert torch.equal(bridge.W_O[1].flatten(0, 1), gpt.blocks[1].attention.w_o)
    assert torch.equal(bridge.W_U, gpt.readout.weight.T)
    assert torch.equal(bridge.b_U, gpt.readout.bias)


def test_the_last_residual_of_a_bridge_is_read_out_without_a_norm(bridge, inputs):
    with torch.inference_mode():
        logits, cache = bridge.run_with_cache(inputs)
        read_out = cache["blocks.2.hook_resid_post"] @ bridge.W_U + bridge.b_U
    assert torch.allclose(read_out, logits, atol=1e-5)


@pytest.mark.skipif(version("transformer_lens") < "4", reason="3.9 has no start_at_layer for bridges")
def test_a_bridge_goes_on_from_a_residual_stream(bridge, inputs):
    with torch.inference_mode():
        logits, cache = bridge.run_with_cache(inputs)
        again = bridge(cache["blocks.1.hook_resid_pre"], start_at_layer=1)
    assert torch.equal(again, logits)


def test_compatibility_mode_leaves_the_probabilities_alone(gpt, inputs):
    bridge = to_bridge(gpt)
    with (
        pytest.warns(UserWarning, match="fold_ln"),
        pytest.warns(UserWarning, match="center_writing_weights"),
    ):
        bridge.enable_compatibility_mode()
    with torch.inference_mode():
        assert torch.allclose(bridge(inputs).softmax(-1), gpt.read(inputs).softmax(-1), atol=1e-5)


def test_changing_the_weights_of_a_bridge_leaves_mygpt_alone():
    model = tiny_gpt()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        for weight in to_bridge(model).parameters():
            weight.add_(1.0)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_tokenizer_can_be_given_to_a_bridge_without_changing_the_logits(gpt, inputs):
    bridge = to_bridge(gpt)
    with torch.inference_mode():
        before = bridge(inputs)
        bridge.tokenizer = create_tokenizer()
        assert torch.equal(bridge(inputs), before)
    assert bridge.to_str_tokens(torch.tensor([11, 0, 10, 14])) == ["X", "0", "a", "f_Y"]


def test_activations_for_saes_can_be_read_from_a_bridge(gpt, bridge):
    tokens = expected(ASYM, 0).tokens[:2]
    for hook in ("blocks.0.hook_mlp_out", "blocks.2.hook_resid_post"):
        assert relative_error(activations_at(bridge, hook, tokens), activations_at(gpt, hook, tokens)) < 1e-5


def test_a_bridge_is_steered_as_mygpt_is(gpt, bridge):
    tokens, hook = expected(ASYM, 0).tokens[:2], "blocks.1.hook_mlp_out"
    with torch.inference_mode():
        ours, theirs = (steered(model, hook, lambda value: value * 3)(tokens) for model in (gpt, bridge))
    assert relative_error(theirs, ours) < 1e-5
    assert torch.equal(
        *(steered_answers(model, tokens, hook, lambda value: value * 3) for model in (gpt, bridge))
    )
    assert relative_error(bridge(with_zero(tokens))[:, :-1], gpt(tokens)) < 1e-5


def test_making_a_bridge_warns_of_nothing(recwarn):
    to_bridge(tiny_gpt()).run_with_cache(torch.randint(15, (1, 20)))
    assert not recwarn.list
