"""Predicted and measured effects of ablated nodes, against other ways to find them."""

import numpy as np
import pytest
import torch
from circuit_helpers import MARGIN, POSITION, save_small_population, small_gpt, small_saes, some_tokens
from scipy.stats import linregress

from culture_core.artifacts import read_json, write_json
from culture_core.circuits.check import CheckSettings, agreement, check_graphs
from culture_core.circuits.edges import edges, feature_readers
from culture_core.circuits.effects import frozen_effects, graph_effects, logits_with, measured_effects
from culture_core.circuits.graph import TraceSettings, parts_of, pruned_graph
from culture_core.circuits.nodes import FEATURE
from culture_core.cli.main import main
from culture_core.errors import CultureError, NothingToMeasure
from culture_core.models.mygpt import shift_right
from culture_core.population import Population
from culture_core.results.traces import traces_section

WHOLE = TraceSettings(1.0, 1.0)


@pytest.fixture(scope="module")
def made():
    gpt, saes, tokens = small_gpt(), small_saes(), some_tokens()
    parts = parts_of(gpt, saes, tokens, MARGIN)
    return gpt, parts, pruned_graph(parts, tokens, MARGIN, WHOLE)


@torch.no_grad()
def test_effects_along_a_whole_graph_are_the_dense_products_of_edges(made):
    """Layer by layer from the margin: an edge into a feature, as a share of its activation, times its own
    effect."""
    _, parts, graph = made
    effects = [None] * len(parts.layers)
    effects[-1] = edges(parts.layers[-1], parts.between[-1], parts.target)[0]
    for number in range(len(parts.layers) - 2, -1, -1):
        above = parts.layers[number + 1]
        nodes = torch.arange(above.n_features)
        into = edges(parts.layers[number], parts.between[number], feature_readers(above, nodes))
        effects[number] = (effects[number + 1][nodes] / above.activation[nodes]) @ into
    found = graph_effects(graph)
    for layer, expected in zip(parts.layers, effects, strict=True):
        keys = zip(layer.kind.tolist(), layer.token.tolist(), layer.feature.tolist(), strict=True)
        truth = dict(zip(keys, expected.tolist(), strict=True))
        own = np.flatnonzero(graph.nodes.block == layer.block)
        for node in own.tolist():
            key = (graph.nodes.kind[node], graph.nodes.token[node], graph.nodes.feature[node])
            assert found[node] == pytest.approx(truth.pop(key), rel=1e-3, abs=1e-3)
        # what no edge leads on from is in no graph
        assert len(own) > 0 and not any(abs(left) > 0.05 for left in truth.values())


@torch.no_grad()
def test_effects_in_the_frozen_gpt_are_what_taking_a_node_away_does_there(made):
    _, parts, _ = made
    for layer, effects in zip(parts.layers, frozen_effects(parts), strict=True):
        for node in range(0, len(layer), 13):
            x = parts.frozen.states[layer.block + 1].clone()
            x[layer.token[node]] -= layer.written[node]
            for block in parts.frozen.blocks[layer.block + 1 :]:
                x = block.forward(x)
            change = float(parts.target.rows[0] @ (parts.frozen.states[-1] - x)[-1])
            assert float(effects[node]) == pytest.approx(change, abs=1e-4)


@torch.no_grad()
def test_measured_effects_are_those_of_an_edit_at_the_hook_point(made):
    gpt, parts, _ = made
    inputs = shift_right(some_tokens()[None, : POSITION + 1])

    def margin(edit=None):
        logits = gpt.read(inputs, edit=edit)[0, -1]
        return float(logits[MARGIN.token] - logits[MARGIN.against])

    for number, layer in enumerate(parts.layers[1:], 1):
        nodes = torch.arange(0, len(layer), 5)
        measured = measured_effects(gpt, parts, number, nodes)
        for node, drop in zip(nodes.tolist(), measured.tolist(), strict=True):

            def without(name, value, layer=layer, node=node):
                if name == f"blocks.{layer.block}.hook_resid_post":
                    value = value.clone()
                    value[0, layer.token[node]] -= layer.written[node]
                return value

            assert drop == pytest.approx(margin() - margin(without), abs=1e-4)


@torch.no_grad()
def test_nodes_changed_together_move_the_margin_as_measured_one_by_one(made):
    gpt, parts, _ = made
    value = float((parts.target.rows[0] * parts.frozen.states[-1, -1]).sum() + parts.target.offset)
    for layer in (0, 2, 3):
        node = torch.tensor([3])
        logits = logits_with(gpt, parts, layer, node, 0.0)
        drop = float(measured_effects(gpt, parts, layer, node))
        assert value - float(logits[MARGIN.token] - logits[MARGIN.against]) == pytest.approx(drop, abs=1e-4)
    every = torch.arange(len(parts.layers[0]))
    assert torch.allclose(
        logits_with(gpt, parts, 0, every, 1.0), gpt(some_tokens()[None])[0, POSITION], atol=1e-4
    )
    # nothing is written to the stream: only what the blocks make of zeros
    x = torch.zeros(1, POSITION + 1, 16)
    for block in gpt.blocks:
        x = block(x)
    assert torch.allclose(logits_with(gpt, parts, 0, every, 0.0), gpt.readout(x[0, -1]), atol=1e-4)


def test_random_features_are_outside_the_graph_alike_and_ablated_once(made):
    gpt, parts, _ = made
    tokens, settings, kept = some_tokens(), CheckSettings(nodes=4), TraceSettings(0.6, 0.9)
    done = check_graphs(gpt, small_saes(), [(tokens, MARGIN)], settings, kept)
    graph = pruned_graph(parts, tokens, MARGIN, kept)
    firing = graph.nodes.kind == FEATURE
    in_graph = set(zip(*(column[firing].tolist() for column in _keys(graph.nodes)), strict=True))
    keys = list(zip(*(column.tolist() for column in _keys(done)), strict=True))
    assert len(set(keys)) == len(keys) == 8 and done.random.sum() == 4
    assert [key in in_graph for key in keys] == (~done.random).tolist()
    assert np.isnan(done.predicted).tolist() == done.random.tolist()
    for block in set(done.block.tolist()):
        here = done.block == block
        assert (done.random & here).sum() == (~done.random & here).sum()


def _keys(columns):
    return columns.block, columns.token, columns.feature


def test_agreement_is_that_of_scipy_and_explains_all_only_where_predictions_are_right():
    random = np.random.default_rng(0)
    x = random.normal(size=50).astype(np.float32)
    y = (0.7 * x + 0.2 * random.normal(size=50)).astype(np.float32)
    found, fit = agreement(x, y), linregress(x, y)
    assert (found.r, found.slope) == pytest.approx((fit.rvalue, fit.slope), abs=1e-5)
    assert found.explained == pytest.approx(1 - ((y - x) ** 2).mean() / y.var(), abs=1e-5)
    assert agreement(y, y).explained == 1.0 and agreement(x, y).n == 50


def test_a_check_is_kept_opened_and_refused_when_an_sae_is_another(tmp_path, capsys):
    population = save_small_population(tmp_path / "tiny", n_gpts=2)
    words = ["trace", "--population", str(population.root), "--check", "--quizzes", "2", "--nodes", "3"]
    assert main(words) == 0
    assert "along the graph" in capsys.readouterr().out
    check = Population(population).trace_check(1)
    assert check.along_graph().n == 6 and check.interventions.random.sum() == 6
    assert f"| 1 | along the graph | 6 | {check.along_graph().r:.3f} |" in traces_section(
        Population(population)
    )
    assert sum(check.along_graph(block).n for block in check.blocks) == 6
    before = population.trace_check(1).stat().st_mtime_ns
    assert main([*words, "--if-stale"]) == 0
    assert population.trace_check(1).stat().st_mtime_ns == before
    manifest = population.sae("blocks.1.hook_resid_post", 1) / "manifest.json"
    write_json(manifest, {**read_json(manifest), "sha256": "of another"})
    with pytest.raises(CultureError, match=r"other SAEs; run `culture trace .* --check`"):
        Population(population).trace_check(1)


def test_graphs_without_features_have_nothing_to_check():
    weak = small_saes()
    for sae in weak.values():
        sae.W_dec.mul_(1e-6)
    margins = [(some_tokens(), MARGIN)]
    with pytest.raises(NothingToMeasure, match="none of the 1 graphs has a feature"):
        check_graphs(small_gpt(), weak, margins, CheckSettings(), TraceSettings(node_share=0.5))
