"""Chains against sums over single edges, one by one."""

from collections import Counter

import numpy as np
import pytest
from circuit_helpers import MARGIN, small_gpt, small_saes, some_tokens

from culture_core.circuits.chains import passing_influence, strongest_chains
from culture_core.circuits.graph import TARGET, TraceSettings, trace
from culture_core.circuits.groups import group_nodes
from culture_core.circuits.nodes import TOKEN


@pytest.fixture(scope="module")
def graph():
    return trace(small_gpt(), small_saes(), some_tokens(), MARGIN, TraceSettings(0.9, 0.9))


@pytest.fixture(scope="module")
def groups(graph):
    return group_nodes(graph, [""] * len(graph.nodes))


def test_what_passes_into_a_node_is_its_influence(graph):
    passing = np.bincount(graph.edges.target + 1, passing_influence(graph), len(graph.nodes) + 1)
    read = np.unique(graph.edges.target)
    assert passing[0] == pytest.approx(1.0) and len(read) > 10
    for node in read[read >= 0]:
        assert passing[node + 1] == pytest.approx(graph.nodes.influence[node], rel=1e-5)


def test_every_step_is_the_one_along_which_most_passes(graph, groups):
    passing, together = passing_influence(graph), Counter()
    for edge, influence in enumerate(passing.tolist()):
        target = graph.edges.target[edge]
        reader = TARGET if target == TARGET else int(groups[target])
        together[int(groups[graph.edges.source[edge]]), reader, int(graph.edges.path[edge])] += influence
    chains = strongest_chains(graph, groups, 4)
    assert len(chains) == 4 and max(len(chain.steps) for chain in chains) > 1
    for chain in chains:
        for step in chain.steps:
            onward = {key: value for key, value in together.items() if key[0] == step.source}
            assert max(onward, key=onward.__getitem__) == (step.source, step.target, step.path)
        assert [step.target for step in chain.steps[:-1]] == [step.source for step in chain.steps[1:]]
        assert chain.steps[-1].target == TARGET


def test_chains_begin_at_the_cells_with_the_most_influence(graph, groups):
    influence = Counter()
    for node in np.flatnonzero(graph.nodes.kind == TOKEN):
        if graph.nodes.token[node] in (0, 1):  # the 0 in front, the first marker
            continue
        influence[int(groups[node])] += float(graph.nodes.influence[node])
    chains = strongest_chains(graph, groups, 3)
    assert [chain.steps[0].source for chain in chains] == [group for group, _ in influence.most_common(3)]
    assert [chain.influence for chain in chains] == pytest.approx([n for _, n in influence.most_common(3)])
