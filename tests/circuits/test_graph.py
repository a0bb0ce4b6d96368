"""Influence against the dense formula, and what a pruned graph must add up to."""

import numpy as np
import pytest
import torch
from circuit_helpers import MARGIN, small_gpt, small_saes, some_tokens, traced_parts

from culture_core.circuits import influence as module
from culture_core.circuits.edges import edges, feature_readers
from culture_core.circuits.graph import TARGET, TraceSettings, trace
from culture_core.circuits.influence import completeness_score, influence, replacement_score, shares
from culture_core.circuits.nodes import ERROR, POSITION, TOKEN
from culture_core.circuits.pruning import strongest


@pytest.fixture(scope="module")
def parts():
    return traced_parts(small_gpt(), small_saes())


def dense_shares(layers, between, target):
    """The matrix A of shares over all nodes and the target, which is last: row = reader."""
    sizes = [len(layer) for layer in layers]
    starts = np.cumsum([0, *sizes])
    a = torch.zeros(starts[-1] + 1, starts[-1] + 1, dtype=torch.double)
    for number, layer in enumerate(layers):
        columns = slice(starts[number], starts[number + 1])
        if number == len(layers) - 1:
            a[-1, columns] = shares(edges(layer, between[number], target))[0].double()
            continue
        above = layers[number + 1]
        readers = feature_readers(above, torch.arange(above.n_features))
        rows = slice(starts[number + 1], starts[number + 1] + above.n_features)
        a[rows, columns] = shares(edges(layer, between[number], readers)).double()
    return a


@torch.no_grad()
def test_influence_and_scores_are_those_of_the_dense_formula(parts, monkeypatch):
    monkeypatch.setattr(module, "TAIL", 0.0)
    _, layers, between, target = parts
    found = influence(layers, between, target)
    a = dense_shares(layers, between, target)
    identity = torch.eye(len(a), dtype=torch.double)
    of_target = (torch.linalg.inv(identity - a) - identity)[-1, :-1]
    assert torch.allclose(torch.cat(found.by_layer).double(), of_target, atol=1e-6)
    assert found.unexpanded == pytest.approx(0.0, abs=1e-6)

    kind = torch.cat([layer.kind for layer in layers])
    embeddings = float(of_target[(kind == TOKEN) | (kind == POSITION)].sum())
    errors = float(of_target[kind == ERROR].sum())
    assert embeddings + errors == pytest.approx(1.0, abs=1e-5)
    assert replacement_score(layers, found) == pytest.approx(embeddings / (embeddings + errors), abs=1e-5)
    weight = torch.cat([of_target, torch.ones(1, dtype=torch.double)]) * (a.sum(1) > 0)
    not_errors = 1 - a[:, :-1] @ (kind == ERROR).double()
    expected = float((weight * not_errors).sum() / weight.sum())
    assert completeness_score(layers, found) == pytest.approx(expected, abs=1e-5)


@torch.no_grad()
def test_leaving_the_tail_out_loses_at_most_that_much_influence(parts):
    _, layers, between, target = parts
    found = influence(layers, between, target)
    ends = float(found.by_layer[0].sum()) + found.of_kind(layers, ERROR) + found.unexpanded
    assert ends == pytest.approx(1.0, abs=1e-5)
    assert found.unexpanded <= module.TAIL * (len(layers) - 1)
    assert trace(small_gpt(), small_saes(), some_tokens(), MARGIN).scores.unexpanded == found.unexpanded


def test_an_unpruned_graph_explains_everything():
    graph = trace(small_gpt(), small_saes(), some_tokens(), MARGIN, TraceSettings(1.0, 1.0))
    assert graph.scores.lost == pytest.approx(0.0, abs=0.02)
    into_target = graph.edges.weight[graph.edges.target == TARGET].sum()
    assert into_target + graph.bias == pytest.approx(graph.value, rel=1e-4)
    for node in np.flatnonzero(graph.nodes.feature >= 0)[::5]:
        incoming = graph.edges.weight[graph.edges.target == node].sum()
        # a reader in the tail has no edges looked at for influence, but all of them are in the graph
        assert incoming + graph.nodes.bias[node] == pytest.approx(graph.nodes.activation[node], abs=1e-3)


def test_a_pruned_graph_is_smaller_connected_and_says_what_it_lost():
    whole = trace(small_gpt(), small_saes(), some_tokens(), MARGIN, TraceSettings(1.0, 1.0))
    graph = trace(small_gpt(), small_saes(), some_tokens(), MARGIN, TraceSettings(0.8, 0.9))
    assert 10 < len(graph.nodes) < len(whole.nodes) and 0 < len(graph.edges) < len(whole.edges)
    scores = graph.scores
    assert scores.embeddings + scores.errors + scores.lost == pytest.approx(1.0, abs=1e-6)
    assert 0 < scores.lost < 1 and scores.replacement == pytest.approx(whole.scores.replacement, abs=1e-6)
    assert set(range(len(graph.nodes))) == set(graph.edges.source.tolist())
    readers = set(graph.edges.target.tolist()) - {TARGET}
    assert all(graph.nodes.feature[node] >= 0 for node in readers)
    later = graph.edges.target != TARGET
    assert (graph.nodes.block[graph.edges.source[later]] < graph.nodes.block[graph.edges.target[later]]).all()


def test_the_strongest_values_are_the_fewest_that_make_up_a_share():
    values = torch.tensor([0.1, 0.4, 0.05, 0.3, 0.15])
    assert strongest(values, 0.6).tolist() == [False, True, False, True, False]
    assert strongest(values, 0.75).tolist() == [False, True, False, True, True]
    assert strongest(values, 1.0).all() and strongest(values, 0.0).sum() == 0


def test_a_layer_that_keeps_no_feature_leaves_the_rest_of_the_graph():
    graph = trace(small_gpt(), small_saes(), some_tokens(), MARGIN, TraceSettings(0.2, 0.9))
    assert 0 < len(graph.nodes) < 10 and set(graph.nodes.block.tolist()) != {-1, 0, 1, 2}
