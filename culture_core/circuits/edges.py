"""Edges: what every node adds to what a later node reads, split by the path it takes. Exact, as blocks are
frozen.

An edge from node v at token s to a reader e at token t takes one of these paths through one block:
    stays            e . v                                at s = t
    MLP              e . M_t L2_t v                       at s = t
    head h           A_ts e . W_OV L1_s v
    head h, MLP      A_ts e . M_t L2_t W_OV L1_s v
Through several blocks there is one path for all. Source: docs/reference/circuits.md, "Edges".
Shapes: m readers, n nodes, p paths, t tokens, d d_model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.circuits.frozen import FrozenBlock
from culture_core.circuits.nodes import NodeLayer

_READERS_AT_ONCE = 16


@dataclass(frozen=True)
class Readers:
    """What m later nodes read: value = row . state at their token + offset.

    rows: (m, d); token: (m,) int64; offset: (m,).
    """

    rows: Tensor
    token: Tensor
    offset: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: slice | Tensor) -> "Readers":
        return Readers(self.rows[chosen], self.token[chosen], self.offset[chosen])


def feature_readers(layer: NodeLayer, nodes: Tensor) -> Readers:
    """The readers that features (m,) of a layer are."""
    rows, offset = layer.reads(nodes)
    return Readers(rows, layer.token[nodes], offset)


def path_names(between: Sequence[FrozenBlock]) -> tuple[str, ...]:
    """The paths of edges that cross these blocks, in the order of `edges_by_path`."""
    if not between:
        return ("stays",)
    if len(between) > 1:
        return ("several blocks",)
    heads = range(between[0].n_heads)
    return ("stays", "MLP", *(f"head {h}" for h in heads), *(f"head {h}, MLP" for h in heads))


def edges(layer: NodeLayer, between: Sequence[FrozenBlock], readers: Readers) -> Tensor:
    """What every node of a layer adds to every reader beyond `between`: (m, n)."""
    if len(between) != 1:
        return edges_by_path(layer, between, readers)[:, 0]
    block = between[0]
    rows = readers.rows + block.through_mlp(readers.rows, readers.token)
    total = _stay(layer, rows, readers.token)
    directions, reach = block.through_heads(rows), block.reach(readers.token)
    for head in range(block.n_heads):
        total.addcmul_(directions[:, head] @ layer.written.T, reach[:, head].index_select(1, layer.token))
    return total


def edges_by_path(layer: NodeLayer, between: Sequence[FrozenBlock], readers: Readers) -> Tensor:
    """The same edges split by path: (m, p, n), in the order of `path_names`."""
    if not between:
        return _stay(layer, readers.rows, readers.token)[:, None]
    if len(between) > 1:
        return _through_several(layer, between, readers)[:, None]
    block, token = between[0], readers.token
    through_mlp = block.through_mlp(readers.rows, token)
    stays = [_stay(layer, rows, token)[:, None] for rows in (readers.rows, through_mlp)]
    heads = [_by_head(layer, block, rows, token) for rows in (readers.rows, through_mlp)]
    return torch.cat([*stays, *heads], dim=1)


def bias_edges(layer: NodeLayer, between: Sequence[FrozenBlock], readers: Readers, n_tokens: int) -> Tensor:
    """What all constants add to every reader: (m,). Biases of the blocks, of both SAEs, and of LayerNorms."""
    x = layer.constant.expand(n_tokens, -1)
    for block in between:
        x = block.forward(x)
    return (readers.rows * x[readers.token]).sum(-1) + readers.offset


def pull_back(block: FrozenBlock, rows: Tensor) -> Tensor:
    """Rows (m, t, d) on the whole residual stream after a block as rows (m, t, d) on the one before it."""
    rows = rows + block.through_mlp(rows, slice(None))
    return rows + block.through_attention(rows)


def pull_back_readers(block: FrozenBlock, readers: Readers) -> Tensor:
    """Readers after a block as rows (m, t, d) on the whole residual stream before it."""
    rows = readers.rows + block.through_mlp(readers.rows, readers.token)
    spread = torch.einsum("mhs,mhd->msd", block.reach(readers.token), block.through_heads(rows))
    spread[torch.arange(len(rows)), readers.token] += rows
    return spread


def _stay(layer: NodeLayer, rows: Tensor, token: Tensor) -> Tensor:
    """Products (m, n) of rows with nodes at the very token of the row, 0 elsewhere."""
    reader, node = (layer.token == token[:, None]).nonzero(as_tuple=True)
    products = rows.new_zeros(len(rows), len(layer))
    products[reader, node] = (rows[reader] * layer.written[node]).sum(-1)
    return products


def _by_head(layer: NodeLayer, block: FrozenBlock, rows: Tensor, token: Tensor) -> Tensor:
    """What each head brings to rows (m, d) at tokens (m,): (m, h, n)."""
    return (block.through_heads(rows) @ layer.written.T) * block.reach(token).index_select(2, layer.token)


def _through_several(layer: NodeLayer, between: Sequence[FrozenBlock], readers: Readers) -> Tensor:
    """Batches of readers as rows on the stream that the layer wrote to; none of them sees a later token than
    its own."""
    total = readers.rows.new_zeros(len(readers), len(layer))
    for first in range(0, len(readers), _READERS_AT_ONCE):
        some = readers[first : first + _READERS_AT_ONCE]
        blocks = [block.until(int(some.token.max()) + 1) for block in between]
        rows = pull_back_readers(blocks[-1], some)
        for block in reversed(blocks[:-1]):
            rows = pull_back(block, rows)
        seen = (layer.token < rows.shape[1]).nonzero()[:, 0]
        token, written = layer.token[seen], layer.written[seen]
        for number, row in enumerate(rows, first):
            total[number, seen] = (row[token] * written).sum(-1)
    return total
