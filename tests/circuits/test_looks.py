"""Scores of heads split into pairs of nodes: the sum is the score, and each pair is what the formula says."""

import math

import pytest
from circuit_helpers import POSITION, plain_norm, small_gpt, small_saes, some_tokens

from culture_core.circuits.frozen import attention_scores, freeze
from culture_core.circuits.heads.looks import score_pairs
from culture_core.circuits.nodes import node_layers
from culture_core.errors import CultureError


@pytest.fixture(scope="module")
def gpt():
    return small_gpt().requires_grad_(False)


@pytest.fixture(scope="module")
def frozen(gpt):
    return freeze(gpt, some_tokens(), POSITION)


@pytest.fixture(scope="module")
def layers(frozen):
    return node_layers(frozen, small_saes())


@pytest.mark.parametrize("block", [0, 1, 2])
def test_the_pairs_of_every_query_and_key_sum_to_the_score(gpt, frozen, layers, block):
    part = gpt.blocks[block]
    scores = attention_scores(part.ln_attention(frozen.states[block]), part.attention.w_q, part.attention.w_k)
    for head in (0, 1):
        for query, key in ((POSITION, 0), (POSITION, 7), (POSITION, POSITION), (9, 8)):
            found = score_pairs(gpt, frozen, layers[block], block, head, query, key)
            assert found.score == pytest.approx(float(scores[head, query, key]), rel=1e-4, abs=1e-4)


def test_each_pair_is_the_product_of_its_nodes(gpt, frozen, layers):
    layer, block, query, key = layers[1], gpt.blocks[1], POSITION, 7
    found = score_pairs(gpt, frozen, layer, 1, 1, query, key)
    for row, node in enumerate(found.query_nodes.tolist()):
        for column, other in enumerate(found.key_nodes.tolist()):
            at_query = plain_norm(layer.written[node], block.ln_attention, frozen.states[1][query])
            at_key = plain_norm(layer.written[other], block.ln_attention, frozen.states[1][key])
            product = (block.attention.w_q[1] @ at_query) @ (block.attention.w_k[1] @ at_key)
            assert float(found.pairs[row, column]) == pytest.approx(float(product) / math.sqrt(4), abs=1e-4)
    assert {int(layer.token[node]) for node in found.query_nodes} == {query}
    assert {int(layer.token[node]) for node in found.key_nodes} == {key}


def test_the_strongest_pairs_are_the_largest_of_all(gpt, frozen, layers):
    found = score_pairs(gpt, frozen, layers[2], 2, 0, POSITION, 3)
    everything = found.strongest(found.pairs.numel())
    sizes = [abs(added) for _, _, added in everything]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(added for _, _, added in everything) == pytest.approx(found.score, abs=1e-4)
    assert found.strongest(2) == everything[:2]


@pytest.mark.parametrize(
    ("block", "query", "key", "words"),
    [(2, POSITION, 0, "need the nodes after block 1"), (1, 4, 5, "not seen")],
)
def test_nodes_and_tokens_that_do_not_fit_are_refused(gpt, frozen, layers, block, query, key, words):
    with pytest.raises(CultureError, match=words):
        score_pairs(gpt, frozen, layers[1], block, 0, query, key)
