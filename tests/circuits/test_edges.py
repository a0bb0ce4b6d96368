"""Edges against the formulas in plain loops, and against what they must add up to."""

import pytest
import torch
from circuit_helpers import plain_edge, small_gpt, small_saes, some_tokens, traced_parts

from culture_core.circuits.edges import bias_edges, edges, edges_by_path, feature_readers, path_names
from culture_core.circuits.frozen import freeze, freeze_block
from culture_core.circuits.nodes import node_layers
from culture_core.errors import CultureError

ALL, GAPS = (0, 1, 2), (1,)


@pytest.fixture(scope="module", autouse=True)
def no_gradients():
    with torch.no_grad():
        yield


def readers_of(layers, target, number):
    """All features of the layer after `number`, or the target after the last."""
    if number == len(layers) - 1:
        return target
    above = layers[number + 1]
    return feature_readers(above, torch.arange(above.n_features))


def test_a_frozen_block_computes_what_the_block_does_on_its_own_quiz():
    gpt, x = small_gpt(), torch.randn(30, 16)
    for block in gpt.blocks:
        assert torch.allclose(freeze_block(block, x).forward(x), block(x[None])[0], atol=1e-5)


def test_a_frozen_block_is_affine():
    frozen = freeze_block(small_gpt().blocks[0], torch.randn(30, 16))
    one, other = torch.randn(2, 30, 16)
    middle = frozen.forward(0.3 * one + 0.7 * other)
    assert torch.allclose(middle, 0.3 * frozen.forward(one) + 0.7 * frozen.forward(other), atol=1e-4)


def test_nodes_add_up_to_the_residual_stream():
    frozen, layers, _, _ = traced_parts(small_gpt(), small_saes())
    for layer in layers:
        state = layer.constant.repeat(len(frozen), 1)
        state.index_add_(0, layer.token, layer.written)
        assert torch.allclose(state, frozen.states[layer.block + 1], atol=1e-5)


@pytest.mark.parametrize("blocks", [ALL, GAPS, (0, 2)])
def test_edges_and_bias_add_up_to_every_pre_activation_and_to_the_margin(blocks):
    gpt, tokens = small_gpt(), some_tokens()
    frozen, layers, between, target = traced_parts(gpt, small_saes(blocks), tokens)
    for number, layer in enumerate(layers):
        readers = readers_of(layers, target, number)
        total = edges(layer, between[number], readers).sum(1)
        total += bias_edges(layer, between[number], readers, len(frozen))
        if number < len(layers) - 1:
            truth = layers[number + 1].activation[: layers[number + 1].n_features]
        else:
            logits = gpt(tokens[None])[0, 24]
            truth = (logits[4] - logits[7])[None]
        assert len(truth) == len(readers) and torch.allclose(total, truth, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("blocks", [ALL, GAPS, (0, 2)])
def test_paths_add_up_to_their_edge(blocks):
    _, layers, between, target = traced_parts(small_gpt(), small_saes(blocks))
    for number, layer in enumerate(layers):
        readers = readers_of(layers, target, number)
        split = edges_by_path(layer, between[number], readers)
        assert split.shape[1] == len(path_names(between[number]))
        assert torch.allclose(split.sum(1), edges(layer, between[number], readers), atol=1e-4)


def test_every_path_of_an_edge_is_what_plain_loops_find():
    gpt = small_gpt()
    frozen, layers, between, _ = traced_parts(gpt, small_saes())
    for number in (0, 1, 2):
        layer, block = layers[number], gpt.blocks[number]
        readers = feature_readers(layers[number + 1], torch.arange(40, layers[number + 1].n_features, 9))
        split = edges_by_path(layer, between[number], readers)
        written = layer.written
        paths = path_names(between[number])
        for m in range(len(readers)):
            for n in range(m % 7, len(layer), 7):
                expected = plain_edge(
                    block,
                    frozen.states[number],
                    readers.rows[m],
                    int(readers.token[m]),
                    written[n],
                    int(layer.token[n]),
                )
                found = dict(zip(paths, split[m, :, n].tolist(), strict=True))
                assert found == pytest.approx(expected, abs=1e-4)


def test_an_edge_through_several_blocks_is_the_change_when_its_node_is_taken_away():
    frozen, layers, between, target = traced_parts(small_gpt(), small_saes((0,)))
    weights = edges(layers[1], between[1], target)[0]
    written = layers[1].written
    for n in range(0, len(layers[1]), 11):
        x = frozen.states[1].clone()
        x[layers[1].token[n]] -= written[n]
        for block in between[1]:
            x = block.forward(x)
        change = float(target.rows[0] @ (frozen.states[-1] - x)[target.token[0]])
        assert float(weights[n]) == pytest.approx(change, abs=1e-4)


def test_frozen_and_true_changes_agree_where_nothing_is_bent():
    """LayerNorm scales held by one huge coordinate, uniform attention, gates always open."""
    gpt = small_gpt()
    gpt.token_embedding.weight.data[:, 0] = 3_000.0
    for block in gpt.blocks:
        block.attention.w_q.data.zero_()
        block.ln_attention.weight.data.fill_(1_000.0)
        block.ln_mlp.weight.data.fill_(1_000.0)
        block.mlp_in.bias.data.fill_(1e5)
        block.mlp_in.weight.data[:, 0] = 0
        block.attention.w_v.data[:, :, 0] = 0
    gpt = gpt.double()
    gpt.positions = gpt.positions.double()
    frozen = freeze(gpt, some_tokens(), 24)
    torch.manual_seed(3)
    pushed = torch.randn(16, dtype=torch.double)
    pushed[0] = 0
    x = frozen.states[0].clone()
    x[5] += 0.1 * torch.nn.functional.normalize(pushed, dim=0)
    true = x[None]
    for block, held in zip(gpt.blocks, frozen.blocks, strict=True):
        true, x = block(true), held.forward(x)
    change = (true[0] - frozen.states[-1]).abs().max()
    assert change > 0.02 and float((true[0] - x).abs().max()) < 5e-3 * float(change)


def test_saes_of_other_hook_points_are_refused_in_one_line():
    frozen = freeze(small_gpt(), some_tokens(), 24)
    sae = small_saes()["blocks.0.hook_resid_post"]
    for hook in ("blocks.0.hook_mlp_out", "blocks.7.hook_resid_post"):
        with pytest.raises(CultureError, match=f"not of {hook}"):
            node_layers(frozen, {hook: sae})
    with pytest.raises(CultureError, match="at least one"):
        node_layers(frozen, {})
