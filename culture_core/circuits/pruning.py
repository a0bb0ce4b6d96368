"""Pruning a graph until it can be read: the strongest nodes, then the strongest edges between them.

Nodes are kept, strongest first, to a share of all influence; then edges, to a share of what the kept nodes
hand on. A node that reaches the target no longer is dropped. Source: E. Ameisen et al. 2025, "Circuit
Tracing".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.circuits.edges import Readers, bias_edges, edges, edges_by_path, feature_readers
from culture_core.circuits.frozen import FrozenBlock
from culture_core.circuits.influence import BATCH_SIZE, Influence
from culture_core.circuits.nodes import ERROR, NodeLayer


@dataclass(frozen=True)
class Level:
    """The edges from the kept nodes of one layer into m readers of the next: its kept features, or the
    target.

    weight: (m, p, k) by path. share: (m, k) of each reader's whole input. kept: (m, k) bool, after pruning.
    bias: (m,) what constants add to each reader.
    """

    weight: Tensor
    share: Tensor
    kept: Tensor
    bias: Tensor


def strongest(values: Tensor, share: float) -> Tensor:
    """Which values (n,) make up a share of their sum, the strongest first and at least one: (n,) bool."""
    order = values.argsort(descending=True, stable=True)
    before = values[order].double().cumsum(0) - values[order]
    chosen = torch.zeros(len(values), dtype=torch.bool)
    chosen[order] = before < share * values.double().sum()
    return chosen


def keep_nodes(found: Influence, share: float) -> list[Tensor]:
    """Numbers of the kept nodes of every layer, rising."""
    chosen = strongest(torch.cat(found.by_layer), share).split([len(values) for values in found.by_layer])
    return [mask.nonzero()[:, 0] for mask in chosen]


def level(
    layer: NodeLayer, kept: Tensor, between: Sequence[FrozenBlock], readers: Readers, n_tokens: int
) -> Level:
    """All edges from the kept nodes of a layer into readers, nothing pruned yet."""
    weights, shares = [], []
    for first in range(0, max(1, len(readers)), BATCH_SIZE):
        part = readers[first : first + BATCH_SIZE]
        total = edges(layer, between, part)
        several = len(between) > 1
        weights.append(total[:, None, kept] if several else edges_by_path(layer.only(kept), between, part))
        shares.append(total[:, kept].abs() / total.abs().sum(1, keepdim=True))
    weight, share = torch.cat(weights), torch.cat(shares)
    bias = bias_edges(layer, between, readers, n_tokens)
    return Level(weight, share, torch.ones_like(share, dtype=torch.bool), bias)


def levels(
    layers: Sequence[NodeLayer],
    between: Sequence[Sequence[FrozenBlock]],
    target: Readers,
    kept: Sequence[Tensor],
    n_tokens: int,
) -> list[Level]:
    """The edges into the kept features of every layer but the first, then those into the target."""
    readers = [
        feature_readers(layer, nodes[nodes < layer.n_features])
        for layer, nodes in zip(layers[1:], kept[1:], strict=True)
    ]
    return [
        level(layer, nodes, blocks, reader, n_tokens)
        for layer, nodes, blocks, reader in zip(layers, kept, between, [*readers, target], strict=True)
    ]


def prune_edges(whole: Sequence[Level], weights: Sequence[Tensor], share: float) -> list[Level]:
    """Keep the edges that hand on most. weights: (m,) influence of the readers of each level."""
    scores = [weight[:, None] * one.share for weight, one in zip(weights, whole, strict=True)]
    chosen = strongest(torch.cat([score.flatten() for score in scores]), share)
    parts = chosen.split([score.numel() for score in scores])
    return [
        Level(one.weight, one.share, part.view(one.share.shape), one.bias)
        for one, part in zip(whole, parts, strict=True)
    ]


def reaching(pruned: Sequence[Level], n_features: Sequence[int]) -> list[Tensor]:
    """Which kept nodes of every layer still reach the target: (k,) bool each.

    n_features: how many of the kept nodes of each layer are features, which come first.
    """
    readers, alive = torch.ones(1, dtype=torch.bool), []
    for one, count in zip(reversed(pruned), reversed(n_features), strict=True):
        alive.append((one.kept & readers[:, None]).any(0))
        readers = alive[-1][:count]
    return alive[::-1]


def origins(
    pruned: Sequence[Level], layers: Sequence[NodeLayer], kept: Sequence[Tensor]
) -> tuple[float, float, float]:
    """Where the target's influence comes from in the pruned graph: kept embeddings, kept errors, and what was
    cut."""
    flow, from_errors = torch.ones(1), 0.0
    for number in range(len(layers) - 1, -1, -1):
        layer, one = layers[number], pruned[number]
        flow = flow @ (one.share * one.kept)
        from_errors += float(flow[layer.kind[kept[number]] == ERROR].sum())
        if number:
            flow = flow[kept[number] < layer.n_features]
    embeddings = float(flow.sum())
    return embeddings, from_errors, 1 - embeddings - from_errors
