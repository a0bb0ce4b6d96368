"""Chains against all paths of a small graph, one by one."""

import numpy as np
import pytest
from circuit_helpers import MARGIN, small_gpt, small_saes, some_tokens

from culture_core.circuits.chains import edge_shares, strongest_chains
from culture_core.circuits.graph import TARGET, TraceSettings, trace


@pytest.fixture(scope="module")
def graph():
    return trace(small_gpt(), small_saes(), some_tokens(), MARGIN, TraceSettings(0.8, 0.8))


def every_path(graph, node, share, taken):
    """All paths from a reader down to nodes that read nothing."""
    into = np.flatnonzero(graph.edges.target == node)
    if len(into) == 0:
        yield share, taken
    shares = np.abs(graph.edges.weight[into]) / np.abs(graph.edges.weight[into]).sum()
    for edge, part in zip(into.tolist(), shares.tolist(), strict=True):
        yield from every_path(graph, int(graph.edges.source[edge]), share * part, (*taken, edge))


def test_the_strongest_chains_are_those_of_an_exhaustive_search(graph):
    paths = [
        (share, edges)
        for share, edges in every_path(graph, TARGET, 1.0, ())
        if graph.nodes.kind[graph.edges.source[edges[-1]]] != 0
    ]
    best = {}
    for share, edges in sorted(paths, reverse=True):
        best.setdefault(int(graph.edges.source[edges[0]]), (share, edges))
    expected = sorted(best.values(), reverse=True)[:4]
    found = strongest_chains(graph, np.arange(len(graph.nodes)), 4)
    assert [chain.edges for chain in found] == [edges for _, edges in expected]
    assert [chain.share for chain in found] == pytest.approx([share for share, _ in expected])
    assert len(paths) > 100 and max(len(chain.edges) for chain in found) > 1


def test_the_shares_into_a_node_add_up_to_one(graph):
    total = np.bincount(graph.edges.target + 1, edge_shares(graph))
    assert np.allclose(total[total > 0], 1.0) and total[0] == pytest.approx(1.0)


def test_chains_of_one_group_are_told_once(graph):
    assert len(strongest_chains(graph, np.zeros(len(graph.nodes), np.int64), 5)) == 1
