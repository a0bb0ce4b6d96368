"""Why a head looks where it does: one attention score as a sum over pairs of nodes, one at each end.

The score of a head from token t to token s, before the softmax, is (W_Q LN(x_t)) . (W_K LN(x_s)) / sqrt(k).
With the scales of the LayerNorm frozen, each side is a sum over the nodes of the state there and a constant
(b_dec and the LayerNorm's shift), so the score is exactly a sum over pairs.
Source: docs/reference/circuits.md, "Why a head looks there".
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.circuits.frozen import FrozenGPT, FrozenNorm
from culture_core.circuits.nodes import FEATURE, NodeLayer
from culture_core.errors import CultureError
from culture_core.evaluation.attention import block_of
from culture_core.models.mygpt import MyGPT

# what stands in `strongest` for the constants, and for what only other tokens have
CONSTANT, ELSEWHERE = -1, -2


@dataclass(frozen=True)
class ScorePairs:
    """One score of a head, by what is at its two ends.

    query_nodes: (a,) places in the layer of the nodes at the token that looks; key_nodes: (b,) of those at
    the token that it looks at. pairs: (a + 1, b + 1) what each pair adds to the score; the last row and the
    last column are the constants. Of an excess: (a + 1, b + 2), the last column what only other tokens have.
    """

    query_nodes: Tensor
    key_nodes: Tensor
    pairs: Tensor

    @property
    def total(self) -> float:
        """What the pairs add up to: the score before the softmax, or its excess."""
        return float(self.pairs.double().sum())

    def strongest(self, n: int) -> list[tuple[int, int, float]]:
        """The n pairs that weigh most: node at the query, node at the key (or CONSTANT, ELSEWHERE), and what
        they add."""
        order = self.pairs.abs().flatten().argsort(descending=True)[:n]
        queries, keys = (
            [*nodes.tolist(), CONSTANT, ELSEWHERE] for nodes in (self.query_nodes, self.key_nodes)
        )
        places = [divmod(place, self.pairs.shape[1]) for place in order.tolist()]
        return [(queries[row], keys[column], float(self.pairs[row, column])) for row, column in places]


@torch.no_grad()
def score_pairs(
    model: MyGPT, frozen: FrozenGPT, layer: NodeLayer, block: int, head: int, query: int, key: int
) -> ScorePairs:
    """Split the score of a head between two tokens that are read, key <= query.

    frozen: the GPT on the quiz; layer: the nodes of the state that enters the block. Token 0 is the 0 in
    front; the token that is read before cell p is predicted has number p.
    Errors: CultureError for nodes of another state, and for tokens that were not read.
    """
    _check_ends(frozen, layer, block, query, key)
    norm = frozen.blocks[block].norm_attention
    query_nodes, queries = _at_token(frozen, layer, norm, query)
    key_nodes, keys = _at_token(frozen, layer, norm, key)
    return ScorePairs(query_nodes, key_nodes, _products(model, block, head, queries, keys))


@torch.no_grad()
def excess_pairs(
    model: MyGPT, frozen: FrozenGPT, layer: NodeLayer, block: int, head: int, query: int, key: int
) -> ScorePairs:
    """Split how far a score lies above the mean over the tokens that the query sees: why the head looks there
    and not elsewhere. Arguments and errors as `score_pairs`.

    From each node at the key the mean of the same feature over those tokens is taken off (from errors, tokens
    and positions the mean of their kind), and from the constants theirs, which differ by the LayerNorm's
    scale alone. What only other tokens have has a column of its own.
    """
    _check_ends(frozen, layer, block, query, key)
    norm = frozen.blocks[block].norm_attention
    query_nodes, queries = _at_token(frozen, layer, norm, query)
    key_nodes, at_key = _at_token(frozen, layer, norm, key)
    constant = at_key[-1] - _constants(frozen, layer, norm)[: query + 1].mean(0)
    means, place = _means(layer, norm, query + 1)
    here = place[key_nodes]
    own = at_key[:-1] - means[here]
    absent = torch.ones(len(means), dtype=torch.bool)
    absent[here] = False
    keys = torch.cat([own, constant[None], -means[absent].sum(0)[None]])
    return ScorePairs(query_nodes, key_nodes, _products(model, block, head, queries, keys))


def _check_ends(frozen: FrozenGPT, layer: NodeLayer, block: int, query: int, key: int) -> None:
    if layer.block != block - 1:
        raise CultureError(
            f"the scores of block {block} need the nodes after block {block - 1}, not after {layer.block}"
        )
    if not 0 <= key <= query < len(frozen):
        raise CultureError(f"a query sees itself and the tokens before it: {key} is not seen from {query}")


def _at_token(frozen: FrozenGPT, layer: NodeLayer, norm: FrozenNorm, token: int) -> tuple[Tensor, Tensor]:
    """The nodes (a,) at a token, and what each adds behind the LayerNorm, then the constants: (a + 1, d)."""
    nodes = (layer.token == token).nonzero().squeeze(1)
    constant = _constants(frozen, layer, norm)[token]
    return nodes, torch.cat([_scaled(layer, norm, nodes), constant[None]])


def _scaled(layer: NodeLayer, norm: FrozenNorm, nodes: Tensor) -> Tensor:
    """What nodes (m,) add behind the LayerNorm: (m, d)."""
    written = layer.written[nodes]
    centred = written - written.mean(-1, keepdim=True)
    return norm.gain * centred / norm.deviation[layer.token[nodes], None]


def _constants(frozen: FrozenGPT, layer: NodeLayer, norm: FrozenNorm) -> Tensor:
    """What every token (t, d) has behind the LayerNorm besides its nodes."""
    return norm.forward(layer.constant.expand(len(frozen), -1))


def _means(layer: NodeLayer, norm: FrozenNorm, n_tokens: int) -> tuple[Tensor, Tensor]:
    """By feature, or by kind of the other nodes, what it adds behind the LayerNorm, mean over the first
    tokens: (g, d); and the group (n,) of every node."""
    group = torch.where(layer.kind == FEATURE, layer.feature, -1 - layer.kind)
    groups, place = group.unique(return_inverse=True)
    seen = (layer.token < n_tokens).nonzero().squeeze(1)
    added = _scaled(layer, norm, seen)
    sums = added.new_zeros(len(groups), added.shape[1]).index_add_(0, place[seen], added)
    return sums / n_tokens, place


def _products(model: MyGPT, block: int, head: int, queries: Tensor, keys: Tensor) -> Tensor:
    """What each vector behind the LayerNorm at the query (a, d) and at the key (b, d) add to the score."""
    attention = block_of(model, block).attention
    scale = model.config.dim_keys**-0.5
    return scale * (queries @ attention.w_q[head].T) @ (keys @ attention.w_k[head].T).T
