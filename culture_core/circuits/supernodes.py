"""Supernodes taken away or amplified: what the graph predicts, and what the true GPT then answers."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.circuits.effects import graph_effects, logits_with
from culture_core.circuits.graph import Graph, Parts
from culture_core.circuits.nodes import FEATURE
from culture_core.models.mygpt import MyGPT
from culture_core.world.vocabulary import N_COLOURS


@dataclass(frozen=True)
class SupernodeChange:
    """A supernode multiplied by a factor.

    members: its nodes in the graph. influence: theirs together. predicted, measured: the margin then, by the
    graph's edges and in the GPT. answer, probability: the colour that the GPT then expects.
    """

    members: NDArray[np.int64]
    influence: float
    predicted: float
    measured: float
    answer: int
    probability: float


def change_supernode(
    model: MyGPT, parts: Parts, graph: Graph, members: NDArray[np.int64], factor: float
) -> SupernodeChange:
    """Multiply what nodes (m,) of a graph, all after one block, write by a factor; 0 takes them away.

    parts: those that the graph was made from.
    """
    logits = _logits(model, parts, graph, members, factor)
    answer = int(logits[:N_COLOURS].argmax())
    return SupernodeChange(
        members,
        float(graph.nodes.influence[members].sum()),
        graph.value - float(graph_effects(graph)[members].sum()) * (1 - factor),
        float(logits[graph.margin.token] - logits[graph.margin.against]),
        answer,
        float(logits.softmax(0)[answer]),
    )


def strongest_supernodes(graph: Graph, groups: NDArray[np.int64], n: int) -> list[NDArray[np.int64]]:
    """The nodes of the n supernodes of features with the most influence, the strongest first.

    groups: (nodes,) the supernode of each node, as `group_nodes` gives them.
    """
    features = graph.nodes.kind == FEATURE
    influence = np.bincount(groups[features], graph.nodes.influence[features])
    order = np.argsort(-influence, kind="stable")[: min(n, int((influence > 0).sum()))]
    return [np.flatnonzero(groups == group) for group in order]


def _logits(model: MyGPT, parts: Parts, graph: Graph, members: NDArray[np.int64], factor: float) -> Tensor:
    """(v,) of the traced cell with nodes of a graph multiplied by a factor."""
    block = int(graph.nodes.block[members[0]])
    number = [layer.block for layer in parts.layers].index(block)
    layer, columns = parts.layers[number], ("kind", "token", "feature")
    wanted = np.stack([getattr(graph.nodes, name)[members] for name in columns])
    there = torch.stack([getattr(layer, name) for name in columns])
    same = (there[:, None, :] == torch.from_numpy(wanted)[:, :, None]).all(0)
    return logits_with(model, parts, number, same.any(0).nonzero()[:, 0], float(factor))
