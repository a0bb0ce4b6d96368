"""The influence of every node on a target, along all paths of the graph.

The edges into a node, in absolute value and divided by their sum, are the shares of its input; the influence
of a node on the target is the sum over all paths of the products of shares. Layers are gone through from the
target back, so that a node's influence is known before what it reads is asked for. Source: E. Ameisen et al.
2025, "Circuit Tracing"; docs/reference/circuits.md, "Influence".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.circuits.edges import Readers, edges, feature_readers
from culture_core.circuits.frozen import FrozenBlock
from culture_core.circuits.nodes import ERROR, NodeLayer

BATCH_SIZE = 64
# what is not followed further: the features in the last share of a layer's influence; more of it where edges
# cross several blocks, which takes far longer
TAIL, TAIL_OF_GAP = 0.005, 0.05


@dataclass(frozen=True)
class Influence:
    """Influence of every node on the target, by layer from the embeddings on.

    by_layer: (n,) of each layer. error_input: for each layer (n,) the share of a node's input that comes from
    errors, NaN where it was not looked at. unexpanded: influence that ends in features so weak that their
    input was not looked at. target_error: the share of the target's own input that comes from errors.
    """

    by_layer: tuple[Tensor, ...]
    error_input: tuple[Tensor, ...]
    unexpanded: float
    target_error: float

    def of_kind(self, layers: Sequence[NodeLayer], kind: int) -> float:
        """Total influence of the nodes of one kind."""
        return sum(
            float(values[layer.kind == kind].sum())
            for layer, values in zip(layers, self.by_layer, strict=True)
        )


def shares(incoming: Tensor) -> Tensor:
    """Edges into m readers (m, n) as shares of each one's input: absolute values that add up to 1."""
    size = incoming.abs()
    return size / size.sum(1, keepdim=True).clamp_min(torch.finfo(size.dtype).tiny)


@torch.no_grad()
def influence(
    layers: Sequence[NodeLayer], between: Sequence[Sequence[FrozenBlock]], target: Readers
) -> Influence:
    """The influence of every node.

    between: for each layer the blocks between it and the layer after it, the target being after the last.
    target: what is explained, one reader.
    """
    incoming = shares(edges(layers[-1], between[-1], target))
    flowing = [torch.zeros(len(layer)) for layer in layers]
    error_input = [torch.full((len(layer),), float("nan")) for layer in layers]
    flowing[-1] += incoming[0]
    target_error = float(incoming[0, layers[-1].kind == ERROR].sum())
    unexpanded = 0.0
    for number in range(len(layers) - 1, 0, -1):
        layer, below = layers[number], layers[number - 1]
        of_features = flowing[number][: layer.n_features]
        chosen = _above_tail(of_features, TAIL if len(between[number - 1]) == 1 else TAIL_OF_GAP)
        unexpanded += float(of_features.sum() - of_features[chosen].sum())
        chosen = chosen.sort().values
        flowing[number - 1], error_input[number][chosen] = _handed_down(
            below, between[number - 1], feature_readers(layer, chosen), of_features[chosen]
        )
    return Influence(tuple(flowing), tuple(error_input), unexpanded, target_error)


def _handed_down(
    below: NodeLayer, between: Sequence[FrozenBlock], readers: Readers, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """What m readers hand down to the nodes (n,) of the layer below, and the share (m,) of each reader's
    input that comes from errors.

    readers: token by token, so that the first of them need not be taken together with the last tokens' nodes.
    weight: (m,) influence of each reader.
    """
    order = below.token.argsort(stable=True)
    below = below.only(order)
    counted = torch.stack([torch.ones(len(below)), (below.kind == ERROR).to(torch.float32)], 1)
    flowing, from_errors = torch.zeros(len(below)), torch.empty(len(readers))
    for first in range(0, len(readers), BATCH_SIZE):
        part = slice(first, first + BATCH_SIZE)
        some = readers[part]
        n_seen = int(torch.searchsorted(below.token, some.token[-1], right=True))
        size = edges(below.only(slice(0, n_seen)), between, some).abs_()
        total, errors = (size @ counted[:n_seen]).T
        total = total.clamp_min(torch.finfo(size.dtype).tiny)
        flowing[:n_seen] += (weight[part] / total) @ size
        from_errors[part] = errors / total
    handed = torch.empty_like(flowing)
    handed[order] = flowing
    return handed, from_errors


def _above_tail(values: Tensor, tail: float) -> Tensor:
    """The nodes that hold all but a tail of the influence, the strongest first."""
    order = values.argsort(descending=True, stable=True)
    before = values[order].cumsum(0) - values[order]
    return order[before < (1 - tail) * values.sum()]


def replacement_score(layers: Sequence[NodeLayer], found: Influence) -> float:
    """The share of the influence that comes from embeddings through features, rather than from errors."""
    embeddings = float(found.by_layer[0].sum())
    errors = found.of_kind(layers, ERROR)
    return embeddings / (embeddings + errors)


def completeness_score(layers: Sequence[NodeLayer], found: Influence) -> float:
    """The share of all features' and the target's input, weighted by influence, that is not from errors."""
    weight, from_errors = 1.0, found.target_error
    for layer, values, share in zip(layers[1:], found.by_layer[1:], found.error_input[1:], strict=True):
        seen = ~share[: layer.n_features].isnan()
        weight += float(values[: layer.n_features][seen].sum())
        from_errors += float((values[: layer.n_features] * share[: layer.n_features])[seen].sum())
    return 1 - from_errors / weight
