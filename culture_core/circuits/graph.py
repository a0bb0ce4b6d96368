"""The attribution graph of one cell of one quiz in one GPT: traced back from the answer, then pruned.

What is explained is a margin: the logit of one token minus that of another at a cell, which is exact, as
there is no LayerNorm before the readout. Source: docs/reference/circuits.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.circuits.edges import Readers, path_names
from culture_core.circuits.frozen import FrozenBlock, FrozenGPT, freeze
from culture_core.circuits.influence import Influence, completeness_score, influence, replacement_score
from culture_core.circuits.nodes import NodeLayer, node_layers
from culture_core.circuits.pruning import Level, keep_nodes, levels, origins, prune_edges, reaching
from culture_core.features.attribution import Margin
from culture_core.models.mygpt import MyGPT
from culture_core.saes.plain import PlainSAE
from culture_core.settings import setting
from culture_core.world.vocabulary import QUIZ_LENGTH

TARGET = -1


@dataclass(frozen=True)
class TraceSettings:
    """How much of a graph is kept: nodes, the strongest first, and then the edges between them."""

    node_share: float = setting(0.8, "keep nodes up to this share of all influence", above=0, most=1)
    edge_share: float = setting(
        0.98, "keep edges up to this share of what the kept nodes hand on", above=0, most=1
    )


@dataclass(frozen=True)
class Nodes:
    """The n nodes of a graph, from the embeddings on.

    block: (n,) the block a node comes after, -1 for embeddings. kind: (n,) index into nodes.KINDS. token:
    (n,) the position in the input, 0 being the 0 in front: input p is token p - 1 of the quiz. feature: (n,),
    -1 where it is none. activation: (n,). influence: (n,) in the whole graph. bias: (n,) what constants add
    to a feature's pre-activation; 0 for the rest.
    """

    block: NDArray[np.int64]
    kind: NDArray[np.int64]
    token: NDArray[np.int64]
    feature: NDArray[np.int64]
    activation: NDArray[np.float32]
    influence: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.block)


@dataclass(frozen=True)
class Edges:
    """The e edges of a graph, one per path of each pair of nodes.

    source, target: (e,) numbers of nodes, TARGET for the margin. path: (e,) index into the graph's paths.
    weight: (e,) what the source adds to the target's pre-activation, or to the margin.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    path: NDArray[np.int64]
    weight: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class Scores:
    """What a graph explains.

    replacement: share of the influence in the whole graph that comes from embeddings, not errors.
    completeness: share of all nodes' input, weighted by influence, that is not errors'. embeddings, errors,
    lost: where the target's influence comes from in the pruned graph: kept embeddings, kept errors, and what
    was cut; they add up to 1. unexpanded: influence in the whole graph that ends in features so weak that
    they were not followed further.
    """

    replacement: float
    completeness: float
    embeddings: float
    errors: float
    lost: float
    unexpanded: float


@dataclass(frozen=True)
class Graph:
    """An attribution graph.

    value: of the margin; bias: what constants add to it; tokens: (404,) of the quiz.
    """

    margin: Margin
    value: float
    bias: float
    tokens: NDArray[np.uint8]
    nodes: Nodes
    edges: Edges
    paths: tuple[str, ...]
    scores: Scores

    def on_tokens(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(404,) influence of some nodes (n,) at each token of the quiz; the 0 in front is left out."""
        own = chosen & (self.nodes.token > 0)
        weight = self.nodes.influence[own].astype(np.float64)
        return np.bincount(self.nodes.token[own] - 1, weight, minlength=QUIZ_LENGTH).astype(np.float64)


@dataclass(frozen=True)
class Parts:
    """What a graph is made from: the frozen GPT, all nodes, the blocks behind each layer, the margin as a
    reader."""

    frozen: FrozenGPT
    layers: list[NodeLayer]
    between: list[tuple[FrozenBlock, ...]]
    target: Readers

    @property
    def value(self) -> float:
        """The margin itself."""
        return float((self.target.rows * self.frozen.states[-1, -1]).sum() + self.target.offset)


def trace(
    model: MyGPT,
    saes: Mapping[str, PlainSAE],
    tokens: Tensor,
    margin: Margin,
    settings: TraceSettings = TraceSettings(),
) -> Graph:
    """Trace a margin on a quiz (404,) back through the SAE features of every block that has an SAE.

    saes: by hook point, of the residual stream after blocks.
    Errors: CultureError for other hook points.
    """
    return pruned_graph(parts_of(model, saes, tokens, margin), tokens, margin, settings)


def parts_of(model: MyGPT, saes: Mapping[str, PlainSAE], tokens: Tensor, margin: Margin) -> Parts:
    """Freeze a GPT on a quiz (404,) and find all nodes; errors as `trace`."""
    frozen = freeze(model, tokens, margin.position)
    layers = node_layers(frozen, saes)
    return Parts(frozen, layers, blocks_between(frozen, layers), margin_reader(frozen, margin))


@torch.no_grad()
def pruned_graph(parts: Parts, tokens: Tensor, margin: Margin, settings: TraceSettings) -> Graph:
    """The graph of a margin on a quiz (404,) from its parts."""
    frozen, layers, between, target = parts.frozen, parts.layers, parts.between, parts.target
    found = influence(layers, between, target)
    kept = keep_nodes(found, settings.node_share)
    whole = levels(layers, between, target, kept, len(frozen))
    of_features = [nodes[: _n_features(layer, nodes)] for layer, nodes in zip(layers, kept, strict=True)]
    weights = [values[nodes] for values, nodes in zip(found.by_layer[1:], of_features[1:], strict=True)]
    pruned = prune_edges(whole, [*weights, torch.ones(1)], settings.edge_share)
    scores = Scores(
        replacement_score(layers, found),
        completeness_score(layers, found),
        *origins(pruned, layers, kept),
        found.unexpanded,
    )
    alive = reaching(pruned, [len(nodes) for nodes in of_features])
    numbers = _numbers(alive)
    paths = list(dict.fromkeys(name for blocks in between for name in path_names(blocks)))
    return Graph(
        margin,
        parts.value,
        float(pruned[-1].bias),
        tokens.to(torch.uint8).numpy(),
        _nodes(layers, found, kept, alive, pruned),
        _edges(pruned, between, numbers, paths),
        tuple(paths),
        scores,
    )


def _n_features(layer: NodeLayer, nodes: Tensor) -> int:
    """How many of a layer's nodes (k,), rising, are features."""
    return int((nodes < layer.n_features).sum())


def _numbers(alive: Sequence[Tensor]) -> list[Tensor]:
    """The number in the graph of every kept node of every layer; -1 for those that were dropped."""
    together = torch.cat(list(alive))
    numbers = torch.where(together, together.cumsum(0) - 1, -1)
    return list(numbers.split([len(mask) for mask in alive]))


def _nodes(
    layers: Sequence[NodeLayer],
    found: Influence,
    kept: Sequence[Tensor],
    alive: Sequence[Tensor],
    pruned: Sequence[Level],
) -> Nodes:
    columns: dict[str, list[Tensor]] = {name: [] for name in Nodes.__dataclass_fields__}
    for number, (layer, values) in enumerate(zip(layers, found.by_layer, strict=True)):
        nodes = kept[number][alive[number]]
        bias = torch.zeros(len(kept[number]))
        if number:
            bias[: _n_features(layer, kept[number])] = pruned[number - 1].bias
        columns["block"].append(torch.full((len(nodes),), layer.block))
        columns["kind"].append(layer.kind[nodes])
        columns["token"].append(layer.token[nodes])
        columns["feature"].append(layer.feature[nodes])
        columns["activation"].append(layer.activation[nodes])
        columns["influence"].append(values[nodes])
        columns["bias"].append(bias[alive[number]])
    return Nodes(**{name: torch.cat(parts).numpy() for name, parts in columns.items()})


def _edges(
    pruned: Sequence[Level],
    between: Sequence[Sequence[FrozenBlock]],
    numbers: Sequence[Tensor],
    paths: Sequence[str],
) -> Edges:
    """The kept edges between nodes that reach the target, path by path."""
    columns: list[tuple[Tensor, ...]] = []
    readers = [*numbers[1:], torch.tensor([0])]
    for one, sources, targets, blocks in zip(pruned, numbers, readers, between, strict=True):
        targets = targets[: len(one.kept)]
        there = one.kept & (sources >= 0) & (targets >= 0)[:, None]
        reader, source = there.nonzero(as_tuple=True)
        weight = one.weight[reader, :, source]
        pair, path = weight.nonzero(as_tuple=True)
        place = torch.tensor([paths.index(name) for name in path_names(blocks)])
        columns.append((sources[source[pair]], targets[reader[pair]], place[path], weight[pair, path]))
    columns[-1] = (columns[-1][0], torch.full_like(columns[-1][1], TARGET), *columns[-1][2:])
    parts = [torch.cat(column).numpy() for column in zip(*columns, strict=True)]
    return Edges(*parts)


def margin_reader(frozen: FrozenGPT, margin: Margin) -> Readers:
    """The margin as a reader of the last residual stream at the last token read."""
    weight, bias = frozen.readout.weight, frozen.readout.bias
    row = weight[margin.token] - weight[margin.against]
    offset = bias[margin.token] - bias[margin.against]
    return Readers(row[None], torch.tensor([len(frozen) - 1]), offset[None])


def blocks_between(frozen: FrozenGPT, layers: Sequence[NodeLayer]) -> list[tuple[FrozenBlock, ...]]:
    """For each layer the blocks between it and the next layer, or the readout."""
    ends = [layer.block + 1 for layer in layers] + [len(frozen.blocks)]
    return [frozen.blocks[first:last] for first, last in pairwise(ends)]
