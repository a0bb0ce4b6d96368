"""Chains: from the margin back to a token, a position or an error along the strongest edges."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.circuits.graph import TARGET, Graph
from culture_core.circuits.nodes import FEATURE


@dataclass(frozen=True)
class Chain:
    """Edges that lead from one source to the margin.

    edges: their numbers in the graph, the margin's own first. share: the product of their shares, each of the
    kept input of what it leads to.
    """

    edges: tuple[int, ...]
    share: float


def edge_shares(graph: Graph) -> NDArray[np.float64]:
    """The share (e,) of every edge in the kept input of the node it leads to, or of the margin."""
    size, reader = np.abs(graph.edges.weight).astype(np.float64), graph.edges.target
    total = np.bincount(reader - TARGET, size, len(graph.nodes) + 1)
    return size / np.maximum(total[reader - TARGET], 1e-12)


def strongest_chains(graph: Graph, groups: NDArray[np.int64], n: int) -> list[Chain]:
    """The n strongest chains that reach the margin from nodes of different groups, strongest first.

    groups: (n,) of every node; see `group_nodes`.
    """
    edges, shares = graph.edges, edge_shares(graph)
    strength = np.where(graph.nodes.kind == FEATURE, 0.0, 1.0)
    best = np.full(len(graph.nodes), -1)
    for block in sorted(set(graph.nodes.block.tolist())):
        own = np.flatnonzero((graph.nodes.block == block) & (graph.nodes.kind == FEATURE))
        into = np.flatnonzero(np.isin(edges.target, own))
        value = shares[into] * strength[edges.source[into]]
        order = np.argsort(value, kind="stable")  # of edges into one node the last one written is strongest
        best[edges.target[into[order]]] = into[order]
        strength[edges.target[into[order]]] = value[order]
    last = np.flatnonzero(edges.target == TARGET)
    value = shares[last] * strength[edges.source[last]]
    chains: dict[int, Chain] = {}
    for place in np.argsort(-value, kind="stable"):
        edge = int(last[place])
        group = int(groups[edges.source[edge]])
        if group not in chains and value[place] > 0:
            chains[group] = Chain(_followed(graph, best, edge), float(value[place]))
        if len(chains) == n:
            break
    return list(chains.values())


def _followed(graph: Graph, best: NDArray[np.int64], edge: int) -> tuple[int, ...]:
    """An edge, then the strongest one into its source, and so on."""
    chain = [edge]
    while (before := int(best[graph.edges.source[chain[-1]]])) >= 0:
        chain.append(before)
    return tuple(chain)
