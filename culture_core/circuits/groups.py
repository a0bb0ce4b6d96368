"""Supernodes: nodes that say the same, so that a graph can be read with one mark for many.

Nodes of one feature at several cells form a group, and so do nodes after the same block whose features detect
the same concept. Errors after a block, and positions, form a group each.
"""

import numpy as np
from numpy.typing import NDArray

from culture_core.circuits.graph import Graph, Nodes
from culture_core.circuits.nodes import FEATURE, KINDS, TOKEN


def group_nodes(graph: Graph, words: list[str]) -> NDArray[np.int64]:
    """The group of every node (n,), from 0, in the order of their first nodes.

    words: what each node's feature detects, "" where no concept fits: then each feature is its own group.
    """
    keys = [_key(graph.nodes, graph.tokens, number, words[number]) for number in range(len(graph.nodes))]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int64)


def _key(nodes: Nodes, tokens: NDArray[np.uint8], number: int, words: str) -> tuple[int, str, str]:
    block, kind = int(nodes.block[number]), int(nodes.kind[number])
    if kind == FEATURE:
        return block, KINDS[kind], words or str(nodes.feature[number])
    if kind == TOKEN:
        position = int(nodes.token[number]) - 1
        return block, KINDS[kind], str(tokens[position]) if position >= 0 else "in front"
    return block, KINDS[kind], ""
