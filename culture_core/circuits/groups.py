"""Supernodes: nodes that say the same, so that a graph can be read with one mark for many.

Nodes of one feature at several cells of a grid form a group, and so do nodes of one grid, after the same
block, whose features detect the same concept. So do tokens of one colour, positions, and the errors after a
block.
"""

import numpy as np
from numpy.typing import NDArray

from culture_core.circuits.graph import Graph, Nodes
from culture_core.circuits.nodes import FEATURE, KINDS, TOKEN
from culture_core.world.vocabulary import BLOCK_LENGTH


def group_nodes(graph: Graph, words: list[str]) -> NDArray[np.int64]:
    """The group of every node (n,), from 0, in the order of their first nodes.

    words: what each node's feature detects, "" where no concept fits: then each feature is its own group.
    """
    keys = [_key(graph.nodes, graph.tokens, number, words[number]) for number in range(len(graph.nodes))]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int64)


def _key(nodes: Nodes, tokens: NDArray[np.uint8], number: int, words: str) -> tuple[int, int, str, str]:
    """Block, grid, kind, and what the node says."""
    block, kind, position = int(nodes.block[number]), int(nodes.kind[number]), int(nodes.token[number]) - 1
    says = ""
    if kind == FEATURE:
        says = words or str(nodes.feature[number])
    elif kind == TOKEN and position >= 0:
        says = str(tokens[position])
    return block, position // BLOCK_LENGTH, KINDS[kind], says
