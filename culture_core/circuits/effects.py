"""What happens to the margin when a node is taken away: predicted by a graph, and measured in the true GPT.

To ablate a node is to subtract what it writes after its block at its token; what the SAE leaves over there
stays. Source: docs/reference/circuits.md, "Intervention check".
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.circuits.edges import pull_back, pull_back_readers
from culture_core.circuits.graph import TARGET, Graph, Parts
from culture_core.circuits.nodes import EMBEDDINGS
from culture_core.models.mygpt import MyGPT

BATCH_SIZE = 16


def graph_effects(graph: Graph) -> NDArray[np.float64]:
    """What every node (n,) of a graph contributes to the margin along the edges that were kept.

    A feature that loses a share of its pre-activation loses that share of all it contributes.
    """
    nodes, edges = graph.nodes, graph.edges
    effects = np.zeros(len(nodes))
    block = nodes.block[edges.source]
    for number in sorted(set(block.tolist()), reverse=True):
        own = np.flatnonzero(block == number)
        target = edges.target[own]
        per_unit = np.where(target == TARGET, 1.0, effects[target] / nodes.activation[target])
        effects += np.bincount(edges.source[own], edges.weight[own] * per_unit, len(nodes))
    return effects


@torch.no_grad()
def frozen_effects(parts: Parts) -> list[Tensor]:
    """What every node (n,) of every layer contributes to the margin of the frozen GPT, errors of later SAEs
    changing with it."""
    frozen, rows = parts.frozen, None
    by_block = {}
    for number in range(len(frozen.blocks) - 1, EMBEDDINGS, -1):
        if rows is None:
            by_block[number] = torch.zeros_like(frozen.states[-1])
            by_block[number][parts.target.token] = parts.target.rows
            rows = pull_back_readers(frozen.blocks[number], parts.target)
        else:
            by_block[number] = rows[0]
            rows = pull_back(frozen.blocks[number], rows)
    assert rows is not None
    by_block[EMBEDDINGS] = rows[0]
    return [(by_block[layer.block][layer.token] * layer.written).sum(-1) for layer in parts.layers]


@torch.no_grad()
def measured_effects(model: MyGPT, parts: Parts, layer: int, nodes: Tensor) -> Tensor:
    """How far the margin of the true GPT drops without each of some nodes (m,) of a layer: (m,)."""
    chosen = parts.layers[layer].only(nodes)
    state = parts.frozen.states[chosen.block + 1]
    target = parts.target
    value = (target.rows[0] * parts.frozen.states[-1, -1]).sum()
    drops = [torch.empty(0)]
    for first in range(0, len(nodes), BATCH_SIZE):
        part = slice(first, first + BATCH_SIZE)
        token = chosen.token[part]
        x = state.repeat(len(token), 1, 1)
        x[torch.arange(len(token)), token] -= chosen.written[part]
        for block in model.blocks[chosen.block + 1 :]:
            x = block(x)
        drops.append(value - x[:, -1] @ target.rows[0])
    return torch.cat(drops)


@torch.no_grad()
def logits_with(model: MyGPT, parts: Parts, layer: int, nodes: Tensor, factor: float) -> Tensor:
    """Logits (v,) of the traced cell by the true GPT when what nodes (m,) of a layer write is multiplied by
    a factor: 0 takes them away."""
    chosen = parts.layers[layer].only(nodes)
    x = parts.frozen.states[chosen.block + 1].clone()
    x.index_add_(0, chosen.token, (factor - 1) * chosen.written)
    x = x[None]
    for block in model.blocks[chosen.block + 1 :]:
        x = block(x)
    return model.readout(x[0, -1])
