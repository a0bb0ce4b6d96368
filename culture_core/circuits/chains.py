"""Chains: from the cells that an answer depends on most, along the strongest edges, to the answer.

They lead from supernode to supernode, so that a chain says what many nodes do together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.circuits.graph import TARGET, Graph
from culture_core.circuits.nodes import TOKEN
from culture_core.world.vocabulary import BLOCK_LENGTH


@dataclass(frozen=True)
class Step:
    """All edges of one path between two supernodes.

    target: TARGET for the margin. path: index into the graph's paths. weight: their sum.
    """

    source: int
    target: int
    path: int
    weight: float


@dataclass(frozen=True)
class Chain:
    """Steps from a supernode of cells to the margin. influence: of the cells."""

    steps: tuple[Step, ...]
    influence: float


def passing_influence(graph: Graph) -> NDArray[np.float64]:
    """The influence (e,) that passes along every edge: that of its reader, by the edge's share of all kept
    edges into the reader."""
    size, reader = np.abs(graph.edges.weight).astype(np.float64), graph.edges.target - TARGET
    total = np.bincount(reader, size, len(graph.nodes) + 1)
    influence = np.concatenate([[1.0], graph.nodes.influence])
    return influence[reader] * size / np.maximum(total[reader], 1e-12)


def strongest_chains(graph: Graph, groups: NDArray[np.int64], n: int) -> list[Chain]:
    """Chains from the n supernodes of cells with the most influence, which come first; markers are no cells.

    groups: of every node; see `group_nodes`. Every step is the one along which most influence passes.
    """
    onward = _strongest_steps(graph, groups)
    cells = (
        (graph.nodes.kind == TOKEN) & ((graph.nodes.token - 1) % BLOCK_LENGTH > 0) & (graph.nodes.token > 0)
    )
    influence = np.bincount(groups[cells], graph.nodes.influence[cells])
    chains = []
    for group in np.argsort(-influence, kind="stable")[:n].tolist():
        if influence[group] > 0:
            steps = [onward[group]]
            while steps[-1].target != TARGET:
                steps.append(onward[steps[-1].target])
            chains.append(Chain(tuple(steps), float(influence[group])))
    return chains


def _strongest_steps(graph: Graph, groups: NDArray[np.int64]) -> dict[int, Step]:
    """By supernode, the step along which most influence passes on."""
    edges = graph.edges
    target = np.where(edges.target == TARGET, TARGET, groups[edges.target])
    kinds, place = np.unique(
        np.stack([groups[edges.source], target, edges.path]), axis=1, return_inverse=True
    )
    influence = np.bincount(place.ravel(), passing_influence(graph))
    weight = np.bincount(place.ravel(), edges.weight)
    steps: dict[int, Step] = {}
    for number in np.argsort(-influence, kind="stable"):
        source, reader, path = kinds[:, number].tolist()
        steps.setdefault(source, Step(source, reader, path, float(weight[number])))
    return steps
