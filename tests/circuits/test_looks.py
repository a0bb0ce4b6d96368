"""Scores of heads split into pairs of nodes: the sum is the score, and each pair is what the formula says."""

import math

import pytest
from circuit_helpers import POSITION, plain_norm, small_gpt, small_saes, some_tokens

from culture_core.circuits.frozen import attention_scores, freeze
from culture_core.circuits.heads.looks import CONSTANT, ELSEWHERE, excess_pairs, score_pairs
from culture_core.circuits.heads.one_look import look_of, read_head
from culture_core.circuits.nodes import POSITION as AT_POSITION
from culture_core.circuits.nodes import TOKEN, node_layers
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
            assert found.total == pytest.approx(float(scores[head, query, key]), rel=1e-4, abs=1e-4)


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


@pytest.mark.parametrize("block", [0, 1, 2])
def test_the_excess_pairs_sum_to_the_score_above_its_mean(gpt, frozen, layers, block):
    part = gpt.blocks[block]
    scores = attention_scores(part.ln_attention(frozen.states[block]), part.attention.w_q, part.attention.w_k)
    for query, key in ((POSITION, 0), (POSITION, 7), (9, 8)):
        found = excess_pairs(gpt, frozen, layers[block], block, 1, query, key)
        above = float(scores[1, query, key] - scores[1, query, : query + 1].mean())
        assert found.total == pytest.approx(above, rel=1e-4, abs=1e-4)


def test_an_excess_pair_is_a_pair_less_the_mean_of_the_same_feature(gpt, frozen, layers):
    layer, query, key = layers[1], POSITION, 7
    found = excess_pairs(gpt, frozen, layer, 1, 1, query, key)
    everywhere = [score_pairs(gpt, frozen, layer, 1, 1, query, token) for token in range(query + 1)]
    same = 0
    for column, node in enumerate(found.key_nodes.tolist()):
        columns = [
            one.pairs[:, place]
            for one in everywhere
            for place, other in enumerate(one.key_nodes.tolist())
            if (layer.kind[other], layer.feature[other]) == (layer.kind[node], layer.feature[node])
        ]
        same += len(columns) > 1
        mean = sum(columns) / (query + 1)
        own = everywhere[key].pairs[:, column]
        assert found.pairs[:, column].tolist() == pytest.approx((own - mean).tolist(), abs=1e-4)
    assert same > 1
    constants = sum(one.pairs[:, -1] for one in everywhere) / (query + 1)
    expected = (everywhere[key].pairs[:, -1] - constants).tolist()
    assert found.pairs[:, -2].tolist() == pytest.approx(expected, abs=1e-4)
    assert {key for _, key, _ in found.strongest(found.pairs.numel())} >= {CONSTANT, ELSEWHERE}


def test_the_strongest_pairs_are_the_largest_of_all(gpt, frozen, layers):
    found = score_pairs(gpt, frozen, layers[2], 2, 0, POSITION, 3)
    everything = found.strongest(found.pairs.numel())
    sizes = [abs(added) for _, _, added in everything]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(added for _, _, added in everything) == pytest.approx(found.total, abs=1e-4)
    assert found.strongest(2) == everything[:2]


@pytest.mark.parametrize(
    ("block", "query", "key", "words"),
    [(2, POSITION, 0, "need the nodes after block 1"), (1, 4, 5, "not seen")],
)
def test_nodes_and_tokens_that_do_not_fit_are_refused(gpt, frozen, layers, block, query, key, words):
    with pytest.raises(CultureError, match=words):
        score_pairs(gpt, frozen, layers[1], block, 0, query, key)


def test_a_look_goes_by_default_to_the_token_that_gets_most_attention(gpt):
    tokens = some_tokens()
    look = look_of(gpt, small_saes(), tokens, POSITION, (1, 1))
    assert look.pattern.shape == (POSITION + 1,)
    assert look.attention == pytest.approx(float(look.pattern.max())) and look.key == int(
        look.pattern.argmax()
    )
    assert float(look.pattern.sum()) == pytest.approx(1, abs=1e-5)
    logits = [look_of(gpt, small_saes(), tokens, POSITION, (1, 1), key).score for key in (look.key, 3)]
    assert logits[0] - logits[1] == pytest.approx(math.log(look.attention / float(look.pattern[3])), abs=1e-3)


def test_a_head_of_the_first_block_needs_no_sae(gpt):
    look = look_of(gpt, {}, some_tokens(), POSITION, (0, 1))
    assert [look.layer.kind[node] for node in look.excess.query_nodes] == [TOKEN, AT_POSITION]


@pytest.mark.parametrize(
    ("saes", "head", "key", "words"),
    [
        (False, (1, 0), None, "train-sae --hook blocks.0.hook_resid_post"),
        (True, (9, 0), None, "no head 9.0"),
        (True, (0, 2), None, "no head 0.2"),
        (True, (1, 0), POSITION + 1, "is not read before"),
    ],
)
def test_looks_that_cannot_be_taken_apart_are_refused(gpt, saes, head, key, words):
    with pytest.raises(CultureError, match=words):
        look_of(gpt, small_saes() if saes else {}, some_tokens(), POSITION, head, key)


@pytest.mark.parametrize("text", ["1", "1.", "a.0", "-1.0", ""])
def test_what_is_no_head_is_refused(text):
    with pytest.raises(CultureError, match="is not a head"):
        read_head(text)
