import pytest
import torch
import torch.nn.functional as F
from model_helpers import ASYM, FIXTURE_MODELS, expected, relative_error, tiny_gpt
from sae_lens import HookedSAETransformer
from transformer_lens import HookedTransformer

from culture_core import create_tokenizer, load_culture, load_hooked
from culture_core.errors import CultureError
from culture_core.models.hooked import to_hooked
from culture_core.models.mygpt import MyGPTConfig, sinusoidal_positional_encoding

WIDE_KEYS = MyGPTConfig(d_model=16, dim_keys=12, dim_hidden=24, n_heads=4, n_blocks=2)
EQUAL_WIDTHS = MyGPTConfig(d_model=16, dim_keys=8, dim_hidden=24, n_heads=2, n_blocks=2)


def with_zero(tokens):
    return F.pad(tokens.long(), (1, 0))


@pytest.mark.parametrize("sae", [False, True])
@pytest.mark.parametrize(("folder", "model_k"), FIXTURE_MODELS)
def test_hooked_logits_match_the_public_code(folder, model_k, sae):
    truth = expected(folder, model_k)
    (model,) = load_hooked(model_k, folder, sae=sae)
    with torch.inference_mode():
        logits = model(with_zero(truth.tokens))
    assert logits.shape == (8, 405, 15)
    assert relative_error(logits[:, :-1], truth.logits) < 1e-4
    assert model.id == model_k


@pytest.mark.parametrize("config", [WIDE_KEYS, EQUAL_WIDTHS])
def test_keys_wider_or_as_wide_as_values_convert_too(config):
    model, tokens = tiny_gpt(config=config), torch.randint(15, (2, 404))
    with torch.inference_mode():
        logits = to_hooked(model)(with_zero(tokens))
        assert relative_error(logits[:, :-1], model(tokens)) < 1e-4


def test_the_kind_of_model_is_the_one_asked_for():
    assert type(load_hooked(0, ASYM)[0]) is HookedTransformer
    assert type(load_hooked(0, ASYM, sae=True)[0]) is HookedSAETransformer


def test_positions_are_the_frozen_sinusoids():
    hooked = to_hooked(tiny_gpt())
    assert torch.equal(hooked.W_pos, sinusoidal_positional_encoding(405, 16))
    assert not hooked.W_pos.requires_grad
    assert hooked.W_E.requires_grad


def test_the_last_residual_is_read_out_without_a_norm():
    hooked = to_hooked(tiny_gpt())
    with torch.inference_mode():
        logits, cache = hooked.run_with_cache(with_zero(torch.randint(15, (2, 404))))
        read_out = cache["blocks.1.hook_resid_post"] @ hooked.W_U + hooked.b_U
    assert torch.allclose(read_out, logits, atol=1e-6)
    assert "ln_final.hook_scale" not in hooked.hook_dict


def test_padded_entries_of_the_narrower_width_are_zero():
    hooked = load_hooked(0, ASYM)[0]
    with torch.inference_mode():
        _, cache = hooked.run_with_cache(with_zero(expected(ASYM, 0).tokens))
    assert cache["blocks.0.attn.hook_q"].shape[-1] == 16
    assert (cache["blocks.0.attn.hook_q"][..., 8:] == 0).all()
    assert (cache["blocks.0.attn.hook_k"][..., 8:] == 0).all()


def test_the_residual_stream_is_that_of_mygpt():
    model = tiny_gpt()
    hooked = to_hooked(model)
    tokens = torch.randint(15, (2, 404))
    seen = []
    handle = model.blocks[0].register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    with torch.inference_mode():
        model.read(with_zero(tokens))
        _, cache = hooked.run_with_cache(with_zero(tokens))
    handle.remove()
    assert torch.allclose(seen[0], cache["blocks.0.hook_resid_post"], atol=1e-5)


def test_changing_the_hooked_weights_leaves_mygpt_alone():
    model = tiny_gpt()
    before = model.readout.bias.clone()
    with torch.no_grad():
        to_hooked(model).unembed.b_U.add_(1.0)
    assert torch.equal(model.readout.bias, before)


def test_a_float64_model_converts_exactly():
    model, tokens = tiny_gpt().double(), torch.randint(15, (1, 404))
    hooked = to_hooked(model)
    assert hooked.W_E.dtype == torch.float64
    with torch.inference_mode():
        assert relative_error(hooked(with_zero(tokens))[:, :-1], model(tokens)) < 1e-12


def test_no_deprecation_warning_reaches_the_user(recwarn):
    to_hooked(tiny_gpt())
    assert not [warning for warning in recwarn if "deprecated" in str(warning.message)]


def test_the_tokenizer_can_be_set_without_changing_the_logits():
    (model,) = load_culture(0, ASYM)
    hooked = to_hooked(model)
    inputs = with_zero(expected(ASYM, 0).tokens)
    with torch.inference_mode():
        before = hooked(inputs)
        hooked.set_tokenizer(create_tokenizer())
        assert torch.equal(hooked(inputs), before)
    assert hooked.to_str_tokens(torch.tensor([11, 0, 10, 14])) == ["X", "0", "a", "f_Y"]


CALLS = {
    "process_weights_": lambda model: model.process_weights_(),
    "fold alone": lambda model: model.process_weights_(center_unembed=False, center_writing_weights=False),
    "load_and_process_state_dict": lambda model: model.load_and_process_state_dict(model.state_dict()),
    "fold_layer_norm": lambda model: model.fold_layer_norm(model.state_dict()),
    "center_writing_weights": lambda model: model.center_writing_weights(model.state_dict()),
}


@pytest.mark.parametrize("call", CALLS)
def test_calls_that_would_change_the_logits_are_refused_and_change_nothing(call):
    hooked = to_hooked(tiny_gpt(0), sae=True)
    tokens = torch.randint(0, 11, (2, 30), generator=torch.Generator().manual_seed(0))
    before = hooked(tokens)
    with pytest.raises(CultureError, match="cannot be folded or centred"):
        CALLS[call](hooked)
    assert torch.equal(hooked(tokens), before)
