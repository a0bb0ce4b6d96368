"""Attention, copying and the logit lens, against TransformerLens and against loops."""

import pytest
import torch
from torch import nn

from culture_core import load_culture
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.attention import attention_patterns, head_profiles, logit_lens
from culture_core.models.hooked import to_hooked
from culture_core.models.mygpt import MyGPT, MyGPTConfig, shift_right


@pytest.fixture(scope="module")
def gpt(fixture_gpts):
    return load_culture([0], source=fixture_gpts)[0]


@pytest.fixture(scope="module")
def tokens():
    return evaluation_quizzes(3, seed=4).tokens


@pytest.fixture(scope="module")
def cache(gpt, tokens):
    return to_hooked(gpt).run_with_cache(shift_right(tokens.long()))[1]


def test_patterns_match_transformer_lens(gpt, tokens, cache):
    patterns = attention_patterns(gpt, tokens)
    for block in range(gpt.config.n_blocks):
        assert torch.allclose(patterns[:, block], cache[f"blocks.{block}.attn.hook_pattern"], atol=1e-5)


def test_the_logit_lens_is_the_readout_of_every_residual_stream(gpt, tokens, cache):
    lens = logit_lens(gpt, tokens)
    streams = [cache["blocks.0.hook_resid_pre"]]
    streams += [cache[f"blocks.{block}.hook_resid_post"] for block in range(gpt.config.n_blocks)]
    for layer, stream in enumerate(streams):
        assert torch.allclose(lens[:, layer], gpt.readout(stream).softmax(-1), atol=1e-5)
    assert torch.allclose(lens[:, -1], gpt(tokens).softmax(-1), atol=1e-5)


def test_profiles_match_a_loop_over_queries_and_keys(gpt, tokens):
    profiles = head_profiles(gpt, tokens, batch_size=2)
    pattern = attention_patterns(gpt, tokens)[:, 1, 0]
    offsets, back, start = [0.0] * 404, [0.0] * 3, 0.0
    for quiz in range(3):
        for query in range(304, 404):
            for token in range(query):
                offsets[query - token - 1] += float(pattern[quiz, query, token + 1]) / 300
            offsets[query] += float(pattern[quiz, query, 0]) / 300
            start += float(pattern[quiz, query, 0]) / 300
            for grids in (1, 2, 3):
                back[grids - 1] += float(pattern[quiz, query, query - 101 * grids + 1]) / 300
    assert profiles.offsets[1, 0] == pytest.approx(offsets, abs=1e-5)
    assert profiles.back[1, 0] == pytest.approx(back, abs=1e-5)
    assert profiles.start[1, 0] == pytest.approx(start, abs=1e-5)
    assert profiles.offsets.sum(-1) == pytest.approx(1, abs=1e-4)


def test_copy_scores_match_a_loop_over_cells(gpt, tokens, cache):
    hooked, hits, n_cells = to_hooked(gpt), 0, 0
    for quiz in range(3):
        for token in range(403):
            if token % 101 == 0:
                continue
            read = hooked.blocks[1].ln1(cache["blocks.1.hook_resid_pre"][quiz : quiz + 1, token + 1 :][:, :1])
            moved = read @ hooked.blocks[1].attn.W_V[1] @ hooked.blocks[1].attn.W_O[1] @ hooked.unembed.W_U
            hits += int(moved[0, 0, :11].argmax()) == int(tokens[quiz, token])
            n_cells += 1
    assert head_profiles(gpt, tokens).copies[1, 1] == pytest.approx(hits / n_cells, abs=1e-6)


def test_a_head_made_to_copy_the_previous_grid_is_found():
    """One head whose keys and queries compare places in a grid, whose values are the token's own."""
    torch.manual_seed(0)
    gpt = copying_gpt()
    profiles = head_profiles(gpt, evaluation_quizzes(2, seed=1).tokens)
    assert profiles.back[0, 0, 0] > 0.9
    assert profiles.offsets[0, 0].argmax() == 100
    assert profiles.copies[0, 0] == 1


def copying_gpt() -> MyGPT:
    """Attention by a one-hot code of the input's place; its values are a one-hot code of the token."""
    width = 15 + 405
    gpt = MyGPT(MyGPTConfig(d_model=width, dim_keys=405, dim_hidden=1, n_heads=1, n_blocks=1)).eval()
    codes, places = torch.eye(width)[:15], torch.eye(width)[15:]
    block = gpt.blocks[0]
    block.ln_attention = nn.Identity()
    with torch.no_grad():
        for parameter in gpt.parameters():
            parameter.zero_()
        gpt.token_embedding.weight.copy_(codes)
        gpt.positions.copy_(places)
        block.attention.w_k[0].copy_(places)
        # input q, from which token q is predicted, asks for input q - 100: the token 101 before it
        block.attention.w_q[0, :-100].copy_(places[100:] * 2000)
        block.attention.w_v[0].copy_(torch.eye(width))
        block.attention.w_o.copy_(torch.eye(width))
        gpt.readout.weight.copy_(codes)
    return gpt
