"""The Trace page: what is traced, what the browser is told, what it may answer."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from circuit_helpers import save_small_population

from culture_core.circuits.effects import graph_effects
from culture_core.circuits.graph import TARGET
from culture_core.circuits.nodes import FEATURE, TOKEN
from culture_core.circuits.profile import ProfileSettings
from culture_core.circuits.profile_stage import open_sharing, profile_population
from culture_core.circuits.stage import AnswerSettings, trace_answer
from culture_core.figures.style import GridStyle
from culture_core.world.codes import encode_quiz
from culture_core.world.vocabulary import COLOUR_NAMES, LAST_GRID
from dashboard.components.trace.messages import path_message, read_asked_change, read_position, trace_message
from dashboard.components.trace.side_by_side import part_rows
from dashboard.data.circuit.trace_changes import changed_answer
from dashboard.data.circuit.trace_gpts import concept_table, origin_table, traces_of_all
from dashboard.data.circuit.trace_groups import alike, group_table, node_groups
from dashboard.data.circuit.trace_origins import origin_shares
from dashboard.data.circuit.trace_profiles import likeness_table
from dashboard.data.circuit.traces import traced_answer
from dashboard.data.population import populations
from dashboard.data.population.populations import CACHE_VARIABLE

CELL = LAST_GRID.start + 34


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_small_population(tmp_path_factory.mktemp("cache") / "tiny")


@pytest.fixture(autouse=True)
def small(folder, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(folder.root.parent))
    return populations.population("tiny")


@pytest.fixture
def tokens(small):
    return small.browse().quizzes.tokens[1].numpy()


@pytest.fixture
def traced(small, tokens):
    return traced_answer(small, 1, tokens, CELL)


def test_the_page_traces_what_the_command_traces(traced, folder):
    graph = trace_answer(folder, AnswerSettings(quiz="1", cell="3,4", gpt=1)).graph
    assert traced.graph.margin == graph.margin and traced.graph.value == pytest.approx(graph.value)
    assert np.array_equal(traced.graph.nodes.token, graph.nodes.token)
    assert np.allclose(traced.graph.edges.weight, graph.edges.weight, atol=1e-4)


def test_a_graph_is_computed_once_until_an_sae_changes(small, tokens, traced, folder):
    assert traced_answer(small, 1, tokens, CELL) is traced
    manifest = folder.sae("blocks.1.hook_resid_post", 1) / "manifest.json"
    manifest.write_text(manifest.read_text())
    assert traced_answer(small, 1, tokens, CELL) is not traced


def test_the_message_holds_the_graph(traced):
    message = trace_message(traced, GridStyle(), {"gpt": "1"}, "red over blue")
    graph = traced.graph
    assert json.loads(json.dumps(message)) == message
    assert [column["block"] for column in message["columns"]] == [-1, 0, 1, 2]
    assert len(message["nodes"]) == len(graph.nodes) and len(message["edges"]) == len(graph.edges)
    into = sum(weight for _, target, _, weight, _ in message["edges"] if target == -1)
    assert into == pytest.approx(graph.edges.weight[graph.edges.target == TARGET].sum(), abs=0.01)
    for source, target, path, *_ in message["edges"]:
        assert path < len(message["paths"])
        reader = 4 if target == -1 else message["nodes"][target]["column"]
        assert reader == message["nodes"][source]["column"] + 1
    for chain in message["chains"]:
        assert [step[1] for step in chain["steps"]][-1] == -1


def test_the_readers_own_name_stands_before_the_concept(traced):
    nodes = traced.graph.nodes
    node = int(np.flatnonzero(nodes.feature >= 0)[0])
    names = {(int(nodes.block[node]), int(nodes.feature[node])): "my <b>"}
    named = replace(traced, concepts=["on a red cell"] * len(nodes))
    message = trace_message(named, GridStyle(), {}, "", names)
    assert message["nodes"][node]["concept"] == "“my <b>” on a red cell"
    own = {node["concept"] for node in message["nodes"] if node["kind"] != "feature"}
    assert own == {"on a red cell"}


def test_every_path_has_a_colour_of_its_own_and_a_verb():
    names = ("stays", "MLP", "head 0", "head 1", "head 0, MLP", "head 1, MLP", "several blocks")
    paths = [path_message(name) for name in names]
    assert len({path["colour"] for path in paths}) == len(names)
    assert [path["verb"] for path in paths[:4]] == ["keeps", "turns", "copies", "copies"]


@pytest.mark.parametrize("value", [None, "340", True, 303, 404, -1, 3.5, {"cell": 340}])
def test_only_cells_of_the_last_grid_are_taken_from_the_browser(value):
    assert read_position(value) is None
    assert read_position(304) == 304 and read_position(403) == 403


def test_origins_add_up_and_split_the_influence_of_sources(traced):
    shares = origin_shares(traced)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    nodes, tokens = traced.graph.nodes, {}
    for kind, token, influence in zip(nodes.kind, nodes.token, nodes.influence, strict=True):
        if kind == 1:
            name = "what the SAEs miss"
        elif kind == 2 and token > 0 and (token - 1) % 101:
            grid = (token - 1) // 101
            marker = int(traced.graph.tokens[101 * grid])
            name = "cells of " + ("A", "f(A)", "B", "f(B)")[marker - 11] + " written so far" * int(grid == 3)
        elif kind in (2, 3):
            name = "positions and markers"
        else:
            continue
        tokens[name] = tokens.get(name, 0.0) + float(influence)
    total = sum(tokens.values())
    assert {name: share for name, share in shares.items() if share} == pytest.approx(
        {name: value / total for name, value in tokens.items()}
    )


def test_a_link_opens_the_cell_and_gpt_it_names(open_page, tokens):
    app = open_page("trace", number=1, gpt=1, cell=CELL)
    assert not app.exception and not app.warning
    assert "row 3, column 4" in app.markdown[1].value and "GPT 1" in app.markdown[1].value
    assert COLOUR_NAMES[tokens[CELL]] in app.markdown[1].value
    rows = {box.label: box.value for box in app.selectbox}
    assert (rows["GPT"], rows["Row"], rows["Column"]) == (1, 3, 4)


def test_choosing_a_row_writes_the_link(open_page):
    app = open_page("trace", number=1, cell=CELL)
    box = next(box for box in app.selectbox if box.label == "Row")
    box.set_value(5).run()
    assert app.query_params["cell"] == str(LAST_GRID.start + 54)


def test_a_quiz_of_the_lab_can_be_traced(open_page, small):
    code = encode_quiz(small.browse().quizzes.tokens[2])
    app = open_page("trace", quiz=code)
    assert not app.exception and not app.warning


def test_a_supernode_taken_away_is_what_ablating_its_nodes_does(small, tokens, traced, open_page):
    group = int(traced.groups[traced.graph.nodes.block == 2][0])
    members = np.flatnonzero(traced.groups == group)
    changed = changed_answer(small, 1, tokens, traced, group, 0)
    assert changed.predicted == pytest.approx(
        traced.graph.value - graph_effects(traced.graph)[members].sum(), abs=1e-4
    )
    # after the last block nothing bends the margin
    assert changed.measured == pytest.approx(changed.predicted, abs=1e-3)
    same = changed_answer(small, 1, tokens, traced, group, 2)
    assert same.measured - traced.graph.value == pytest.approx(
        traced.graph.value - changed.measured, abs=1e-3
    )
    app = open_page("trace", number=1, gpt=1, cell=CELL, change=f"{group}x0")
    assert f"**{changed.measured:.2f}**" in app.info[0].value
    next(button for button in app.button if button.label == "Undo").click().run()
    assert not app.info and "change" not in app.query_params


@pytest.mark.parametrize(
    "value", [None, "3x0", {"group": 10**6, "factor": 0}, {"group": 1, "factor": 3}, {"group": "1"}]
)
def test_only_changes_of_supernodes_are_taken_from_the_browser(value):
    assert read_asked_change(value, 9) is None
    assert read_asked_change({"group": 8, "factor": 2}, 9) == "8x2"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"change": "99999x0"}, "There is no change"),
        ({"change": "<b>"}, "There is no change"),
        ({"cell": 303}, "There is no cell '303'"),
        ({"cell": "x"}, "There is no cell"),
        ({"gpt": 9}, "There is no GPT"),
        ({"against": "pink"}, "There is no against"),
        ({"quiz": "<b>"}, "is not the code of a quiz"),
    ],
)
def test_a_link_to_nothing_is_a_friendly_page(open_page, parameters, words):
    app = open_page("trace", **parameters)
    assert not app.exception and words in app.warning[0].value


def test_every_gpt_is_traced_over_the_same_two_colours(small, tokens, traced, open_page):
    traces = traces_of_all(small, tokens, CELL, traced.graph.margin.against)
    assert list(traces) == [0, 1] and traces[1].graph.value == pytest.approx(traced.graph.value)
    assert {one.graph.margin.against for one in traces.values()} == {traced.graph.margin.against}
    table = origin_table(traces)
    assert np.allclose(table.drop(columns=["GPT", "margin", "completeness"]).sum(axis=1), 1.0)
    app = open_page("trace", number=1, gpt=1, cell=CELL, every=1)
    assert not app.exception and app.dataframe[0].value["GPT"].tolist() == [0, 1]
    assert not open_page("trace", number=1, gpt=1, cell=CELL).dataframe


def test_shared_concepts_add_up_the_influence_of_their_features(traced):
    concepts = ["on a red cell" if feature >= 0 else "" for feature in traced.graph.nodes.feature]
    table = concept_table({0: replace(traced, concepts=concepts), 1: replace(traced, concepts=concepts)})
    assert table["detects"].tolist() == ["on a red cell"] * len(table) and len(table) > 1
    for row in table.itertuples(index=False):
        own = (traced.graph.nodes.block == row[0]) & (traced.graph.nodes.feature >= 0)
        assert row[2] == row[3] == pytest.approx(traced.graph.nodes.influence[own].sum())
    other = replace(traced, concepts=["in a corner" if word else "" for word in concepts])
    assert concept_table({0: replace(traced, concepts=concepts), 1: other}).empty


def crossed_reader(orders: list[np.ndarray]) -> SimpleNamespace:
    """Matches of two GPTs: the strongest feature of one with that of the other, and so on, ten in all."""
    best, mutual = np.empty((2, 2, 20), np.int32), np.zeros((2, 2, 20), bool)
    for a, b in ((0, 1), (1, 0)):
        best[a, b, orders[a]], mutual[a, b, orders[a][:10]] = orders[b], True
    members = pd.DataFrame({"group": range(10), "gpt_0": orders[0][:10], "gpt_1": orders[1][:10]})
    whole, smaller = members, members.iloc[:0]
    return SimpleNamespace(
        models=[0, 1], n_features=20, best_feature=best, mutual=mutual, groups=whole, smaller_groups=smaller
    )


def test_graphs_of_several_gpts_are_compared_by_what_they_share(small, tokens, traced):
    traces = traces_of_all(small, tokens, CELL, traced.graph.margin.against)
    shares = []
    for one in traces.values():
        here = (one.graph.nodes.kind == FEATURE) & (one.graph.nodes.block == 1)
        shares.append(
            np.bincount(one.graph.nodes.feature[here], one.graph.nodes.influence[here], minlength=20)
        )
    orders = [np.argsort(-share, kind="stable") for share in shares]
    readers = {1: crossed_reader(orders)}
    first, second = (share[order] for share, order in zip(shares, orders, strict=True))
    assert first[0] > 0 and second[0] > 0
    found, table = alike(traces, readers), group_table(traces, readers)
    shared = sum(min(p, q) for p, q in zip(first[:10] / first.sum(), second[:10] / second.sum(), strict=True))
    assert found["features after block 1"] == pytest.approx(shared, abs=1e-6)
    cells = [one.graph.on_tokens(one.graph.nodes.kind == TOKEN) for one in traces.values()]
    assert found["cells"] == pytest.approx(np.minimum(*(c / c.sum() for c in cells)).sum(), abs=1e-6)
    assert sorted(table.group) == [g for g in range(10) if first[g] > 0 and second[g] > 0]
    for row in table.to_dict("records"):
        assert (row["after block"], row["GPT 0"], row["GPT 1"]) == pytest.approx(
            (1, first[row["group"]], second[row["group"]]), abs=1e-6
        )
    for k, one in traces.items():
        groups = node_groups(one, k, readers)
        nodes = one.graph.nodes
        own = (nodes.kind == FEATURE) & (nodes.block == 1) & np.isin(nodes.feature, orders[k][:10])
        assert [orders[k][g] for g in groups[own]] == nodes.feature[own].tolist() and (
            groups[~own] == -1
        ).all()
    rows = part_rows(traces, readers, "1.0")
    assert [row.values.sum() for row in rows] == pytest.approx([first[0], second[0]], abs=1e-5)


def test_a_link_opens_the_features_of_one_block_in_every_gpt(open_page):
    app = open_page("trace", number=1, gpt=1, cell=CELL, every=1, part="1")
    assert not app.exception and not app.warning
    assert next(box for box in app.selectbox if box.label == "Show").value == "1"
    assert "read the same cells" in " ".join(text.value for text in app.markdown)
    wrong = open_page("trace", number=1, gpt=1, cell=CELL, every=1, part="9")
    assert not wrong.exception and "There is no part" in wrong.warning[0].value


def test_another_quiz_takes_away_what_was_compared_and_shown(open_page, small):
    against = next(
        name for name in COLOUR_NAMES if name != COLOUR_NAMES[small.browse().quizzes.tokens[1, CELL]]
    )
    app = open_page("trace", number=1, gpt=1, cell=CELL, every=1, against=against, part="1")
    next(button for button in app.button if button.label == "Next").click().run()
    assert not app.exception and not app.warning
    assert not {"against", "part"} & set(app.query_params)


def test_circuits_over_many_quizzes_stand_beside_those_of_one(small, folder, open_page):
    trace_page = {"number": 1, "gpt": 1, "cell": CELL, "every": 1}
    assert not open_page("trace", **trace_page).expander
    profile_population(folder, ProfileSettings(per_task=2), say=lambda _: None)
    app = open_page("trace", **trace_page)
    assert not app.exception and "how alike" in app.expander[0].label
    means = open_sharing(folder).means()
    shown = next(table.value for table in app.dataframe if "Same quiz" in table.value)
    assert shown["Same quiz"].tolist() == pytest.approx(means["same quiz"].tolist())
    assert likeness_table(small)["Another task"].tolist() == pytest.approx(means["another task"].tolist())
