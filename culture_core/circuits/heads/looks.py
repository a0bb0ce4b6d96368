"""Why a head looks where it does: one attention score as a sum over pairs of nodes, one at each end.

The score of a head from token t to token s, before the softmax, is (W_Q LN(x_t)) . (W_K LN(x_s)) / sqrt(k).
With the scales of the LayerNorm frozen, each side is a sum over the nodes of the state there and a constant
(b_dec and the LayerNorm's shift), so the score is exactly a sum over pairs.
Source: docs/reference/circuits.md, "Why a head looks there".
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.circuits.frozen import FrozenGPT
from culture_core.circuits.nodes import NodeLayer
from culture_core.errors import CultureError
from culture_core.evaluation.attention import block_of
from culture_core.models.mygpt import MyGPT


@dataclass(frozen=True)
class ScorePairs:
    """One score of a head, by what is at its two ends.

    query_nodes: (a,) places in the layer of the nodes at the token that looks; key_nodes: (b,) of those at
    the token that it looks at. pairs: (a + 1, b + 1) what each pair adds to the score; the last row and the
    last column are the constants.
    """

    query_nodes: Tensor
    key_nodes: Tensor
    pairs: Tensor

    @property
    def score(self) -> float:
        """The whole score, before the softmax."""
        return float(self.pairs.double().sum())

    def strongest(self, n: int) -> list[tuple[int | None, int | None, float]]:
        """The n pairs that weigh most: node at the query, node at the key (None: the constants), and what
        they add."""
        order = self.pairs.abs().flatten().argsort(descending=True)[:n]
        queries, keys = [*self.query_nodes.tolist(), None], [*self.key_nodes.tolist(), None]
        places = [divmod(place, len(keys)) for place in order.tolist()]
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
    if layer.block != block - 1:
        raise CultureError(
            f"the scores of block {block} need the nodes after block {block - 1}, not after {layer.block}"
        )
    if not 0 <= key <= query < len(frozen):
        raise CultureError(f"a query sees itself and the tokens before it: {key} is not seen from {query}")
    attention, norm = block_of(model, block).attention, frozen.blocks[block].norm_attention
    sides = []
    for token, weight in ((query, attention.w_q[head]), (key, attention.w_k[head])):
        nodes = (layer.token == token).nonzero().squeeze(1)
        vectors = torch.cat([layer.written[nodes], layer.constant[None]])
        scaled = norm.gain * (vectors - vectors.mean(-1, keepdim=True)) / norm.deviation[token]
        scaled[-1] += norm.shift
        sides.append((nodes, scaled @ weight.T))
    (query_nodes, queries), (key_nodes, keys) = sides
    return ScorePairs(query_nodes, key_nodes, queries @ keys.T * model.config.dim_keys**-0.5)
