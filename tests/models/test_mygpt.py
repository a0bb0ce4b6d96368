import pytest
import torch
import torch.nn.functional as F
from model_helpers import FIXTURE_MODELS, TINY, expected, relative_error, tiny_gpt

from culture_core import load_culture
from culture_core.errors import CultureError
from culture_core.models import attention
from culture_core.models.mygpt import (
    PRESETS,
    KeyValueCache,
    MyGPT,
    MyGPTConfig,
    preset,
    shift_right,
    sinusoidal_positional_encoding,
)


@pytest.mark.parametrize(("folder", "model_k"), FIXTURE_MODELS)
def test_logits_match_the_public_code(folder, model_k):
    truth = expected(folder, model_k)
    (model,) = load_culture(model_k, folder)
    with torch.inference_mode():
        assert relative_error(model(truth.tokens), truth.logits) < 1e-4


def test_any_integer_dtype_gives_the_same_logits():
    model, tokens = tiny_gpt(), torch.randint(15, (2, 404))
    with torch.inference_mode():
        assert torch.equal(model(tokens.to(torch.uint8)), model(tokens))


def test_a_logit_depends_on_earlier_tokens_only():
    model, tokens = tiny_gpt(), torch.randint(15, (1, 404))
    changed = tokens.clone()
    changed[:, 200] = (changed[:, 200] + 1) % 15
    with torch.inference_mode():
        before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :201], after[:, :201])
    assert not torch.allclose(before[:, 201], after[:, 201])


@pytest.mark.parametrize("parts", [[405], [1] * 405, [304, 1, 2, 98]])
def test_reading_in_parts_with_a_cache_matches_one_pass(parts):
    model = tiny_gpt()
    inputs = F.pad(torch.randint(15, (3, 404)), (1, 0))
    cache = KeyValueCache(model, 3)
    with torch.inference_mode():
        whole = model.read(inputs)
        pieces = torch.cat([model.read(part, cache) for part in inputs.split(parts, dim=1)], dim=1)
    assert relative_error(pieces, whole) < 1e-5
    assert cache.filled == 405


@pytest.mark.parametrize(
    ("name", "n_parameters"),
    [("17K", 17e3), ("1M", 0.79e6), ("4M", 4e6), ("37M", 37e6), ("122M", 122e6), ("352M", 352e6)],
)
def test_presets_have_the_size_of_their_name(name, n_parameters):
    with torch.device("meta"):
        assert n_parameters <= MyGPT(PRESETS[name]).n_parameters < 1.1 * n_parameters


def test_a_wrong_preset_names_the_right_ones():
    with pytest.raises(CultureError, match=r"17K, 1M, 1\.2M, 1\.6M, 4M, 37M"):
        preset("5M")


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(CultureError, match="not a multiple"):
        MyGPTConfig(30, 8, 32, 4, 2)


def test_weights_start_as_the_public_code_starts_them():
    torch.manual_seed(0)
    model = MyGPT(PRESETS["1M"])
    attention_layer = model.blocks[0].attention
    assert model.token_embedding.weight.std().item() == pytest.approx(0.02, rel=0.1)
    for weight in (attention_layer.w_q, attention_layer.w_k, attention_layer.w_v, attention_layer.w_o):
        assert weight.std().item() == pytest.approx(128**-0.5, rel=0.05)
    assert (model.blocks[0].ln_attention.weight == 1).all()


def test_dropout_acts_in_training_only():
    model, tokens = tiny_gpt(), torch.randint(15, (1, 404))
    assert torch.equal(model(tokens), model(tokens))
    model.train()
    assert not torch.allclose(model(tokens), model(tokens))


def test_a_few_steps_of_training_lower_the_loss():
    torch.manual_seed(0)
    model = MyGPT(TINY)
    tokens = torch.arange(404).remainder(11).expand(2, -1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        loss = F.cross_entropy(model(tokens).transpose(1, 2), tokens)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_bfloat16_autocast_stays_near_float32():
    model, tokens = tiny_gpt(), torch.randint(15, (2, 404))
    with torch.inference_mode():
        exact = model(tokens)
        with torch.autocast("cpu", torch.bfloat16):
            rough = model(tokens)
    assert relative_error(rough.float(), exact) < 0.05


def test_positions_follow_the_published_formula():
    table = sinusoidal_positional_encoding(405, 6).double()
    for t, j in ((0, 0), (0, 1), (1, 0), (7, 3), (404, 5)):
        angle = t / 1e5 ** ((j - j % 2) / 6) + torch.pi / 2 * (j % 2)
        assert table[t, j].item() == pytest.approx(torch.sin(torch.tensor(angle)).item(), abs=1e-4)


def test_shift_puts_a_zero_in_front_and_drops_the_last_token():
    assert shift_right(torch.tensor([[3, 4, 5]])).tolist() == [[0, 3, 4]]


@pytest.mark.parametrize("n_tokens", [1, 2, 7, 404])
def test_attention_by_rows_matches_the_fused_kernel(n_tokens):
    queries, keys, values = torch.randn(3, 2, 2, n_tokens, 8)
    fused = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    by_rows = attention._attention_by_rows(queries, keys, values, dropout=0.0)
    assert torch.allclose(by_rows, fused, atol=1e-6)


def test_dropped_attention_weights_keep_the_mean():
    torch.manual_seed(0)
    queries, keys = torch.randn(2, 1, 1, 50, 8)
    values = torch.ones(1, 1, 50, 4)
    dropped = torch.stack([attention.causal_attention(queries, keys, values, 0.2) for _ in range(300)])
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.03)
    assert dropped.std() > 0.05
