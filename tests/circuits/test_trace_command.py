"""`culture trace`: which answer is traced, the JSON it writes, and the form that viewers read."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import torch
from circuit_helpers import save_small_population

from culture_core import load_culture
from culture_core.answers.browse import open_browse
from culture_core.circuits.groups import group_nodes
from culture_core.circuits.nodes import FEATURE, TOKEN
from culture_core.circuits.stage import (
    AnswerSettings,
    ablate_strongest,
    look_at,
    open_plain_sae,
    position_of_cell,
    quiz_to_trace,
    trace_answer,
    trace_in_all,
)
from culture_core.circuits.viewer import pair, running_share
from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.figures.rows import position_name, quiz_row
from culture_core.models.mygpt import shift_right
from culture_core.world.codes import encode_quiz
from culture_core.world.pairs import deciding_cell
from culture_core.world.vocabulary import COLOUR_NAMES, LAST_GRID

# what graph-schema.json of github.com/hijohnnylin/neuronpedia asks for
REQUIRED = {
    "metadata": {"slug": str, "scan": str, "prompt_tokens": list, "prompt": str},
    "node": {
        "node_id": str,
        "feature": (int, type(None)),
        "layer": (str, int),
        "ctx_idx": int,
        "feature_type": str,
        "jsNodeId": str,
        "clerp": str,
    },
    "link": {"source": str, "target": str, "weight": (int, float)},
}
OPTIONAL_NUMBERS = ("influence", "activation")
# what circuit_tracer/frontend/graph_models.py of github.com/safety-research/circuit-tracer adds
Q_PARAMS = {"pinnedIds": list, "supernodes": list, "linkType": str, "clickedId": str, "sg_pos": str}
FEATURE_TYPES = {"cross layer transcoder", "mlp reconstruction error", "embedding", "logit"}


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    return save_small_population(tmp_path_factory.mktemp("cache") / "tiny")


@pytest.fixture(scope="module")
def written(population, tmp_path_factory):
    """Both files of one answer."""
    folder = tmp_path_factory.mktemp("graphs")
    files = [folder / "graph.json", folder / "viewer.json"]
    words = ["--quiz", "1", "--cell", "3,4", "--gpt", "1", "--out", str(files[0]), "--viewer", str(files[1])]
    assert main(["trace", "--population", str(population.root), *words]) == 0
    return [json.loads(file.read_text()) for file in files]


def check_fields(record, wanted):
    for name, kind in wanted.items():
        assert isinstance(record[name], kind), name


def test_a_viewer_file_follows_the_schema_and_its_links_join_its_nodes(written):
    graph = written[1]
    check_fields(graph["metadata"], REQUIRED["metadata"])
    check_fields(graph["qParams"], Q_PARAMS)
    for node in graph["nodes"]:
        check_fields(node, REQUIRED["node"])
        assert node["feature_type"] in FEATURE_TYPES
        assert 0 <= node["ctx_idx"] < len(graph["metadata"]["prompt_tokens"])
        assert all(isinstance(node[name], (float, type(None))) for name in OPTIONAL_NUMBERS)
        assert re.fullmatch(r"(E|\d+)_(-1|\d+)_\d+", node["node_id"])
    ids = [node["node_id"] for node in graph["nodes"]]
    assert len(set(ids)) == len(ids)
    ends = [(link["source"], link["target"]) for link in graph["links"]]
    assert len(set(ends)) == len(ends) > 10 and {end for pair in ends for end in pair} == set(ids)
    for link in graph["links"]:
        check_fields(link, REQUIRED["link"])
    for name, *members in graph["qParams"]["supernodes"]:
        assert isinstance(name, str) and len(members) > 1 and set(members) <= set(ids)


def test_a_viewer_file_says_what_the_graph_says(written):
    own, viewer = written
    features = [node for node in viewer["nodes"] if node["feature_type"] == "cross layer transcoder"]
    expected = [node for node in own["nodes"] if node["kind"] == "feature"]
    assert len(viewer["nodes"]) == len(own["nodes"]) + 1 and len(features) == len(expected) > 3
    for node, truth in zip(features, expected, strict=True):
        assert node["node_id"] == f"{truth['block']}_{truth['feature']}_{truth['position'] + 1}"
        assert node["feature"] == pair(truth["block"], truth["feature"])
        assert node["activation"] == pytest.approx(truth["activation"])
    (logit,) = [node for node in viewer["nodes"] if node["is_target_logit"]]
    assert logit["ctx_idx"] == own["margin"]["position"] == LAST_GRID.start + 34
    into = sum(link["weight"] for link in viewer["links"] if link["target"] == logit["node_id"])
    ours = pd.DataFrame(own["edges"])
    assert into == pytest.approx(ours.weight[ours.target.isna()].sum(), abs=1e-4)
    assert ours.source.between(0, len(own["nodes"]) - 1).all()


def test_the_number_of_a_pair_is_its_place_on_the_diagonals():
    walk = [(total - y, y) for total in range(6) for y in range(total + 1)]
    assert [pair(x, y) for x, y in walk] == list(range(len(walk)))


def test_running_shares_grow_from_the_strongest_node_on():
    assert running_share(np.float32([1, 5, 2, 2])).tolist() == pytest.approx([1.0, 0.5, 0.7, 0.9])


def test_the_graph_names_the_place_and_colour_of_every_node(written, population):
    own = written[0]
    tokens = quiz_to_trace(population, "1")[0].tolist()
    assert own["quiz"]["tokens"] == tokens
    for node in own["nodes"]:
        if node["row"] is not None:
            block = ["A", "f_A", "B", "f_B"].index(node["grid"])
            place = tokens.index(11 + block) + 1 + 10 * node["row"] + node["column"]
            assert node["position"] == place and node["token"] == COLOUR_NAMES[tokens[place]]
    assert own["cell"] == {"row": 3, "column": 4} and own["margin"]["colour"] == COLOUR_NAMES[tokens[-66]]


@torch.no_grad()
def test_the_answer_is_traced_against_the_strongest_other_colour(population):
    tokens, clean = quiz_to_trace(population, "2")
    graph = trace_answer(population, AnswerSettings(quiz="2", gpt=1)).graph
    position = deciding_cell(clean) or LAST_GRID.start
    logits = load_culture([1], source=population.root)[0](tokens[None])[0, position, :11]
    others = [
        colour for colour in logits.argsort(descending=True).tolist() if colour != int(tokens[position])
    ]
    assert (graph.margin.position, graph.margin.against) == (position, others[0])
    assert graph.value == pytest.approx(float(logits[graph.margin.token] - logits[others[0]]), abs=1e-4)


def test_prompt_noise_is_not_taken_for_what_the_rule_changes(population):
    quizzes = [
        quiz_to_trace(population, str(number)) for number in range(len(open_browse(population).quizzes))
    ]
    noisy = next(
        n for n, (tokens, clean) in enumerate(quizzes) if deciding_cell(tokens) != deciding_cell(clean)
    )
    graph = trace_answer(population, AnswerSettings(quiz=str(noisy), gpt=1)).graph
    assert graph.margin.position == deciding_cell(quizzes[noisy][1])
    assert torch.equal(torch.as_tensor(graph.tokens).long(), quizzes[noisy][0].long())


def test_a_quiz_is_named_by_its_number_or_by_its_code(population):
    tokens, _ = quiz_to_trace(population, "3")
    assert all(torch.equal(found, tokens) for found in quiz_to_trace(population, encode_quiz(tokens)))
    assert position_of_cell("9, 9", tokens) == 403


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--quiz", "99"], "there is no quiz 99: the answered ones run from 0 to"),
        (["--quiz", "nonsense"], "is not the code of a quiz"),
        (["--cell", "10,0"], "'10,0' is not a cell"),
        (["--against", "pink"], "'pink' is not a colour: take one of background"),
        (["--gpt", "7"], "no GPT 7"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(population, capsys, words, message):
    assert main(["trace", "--population", str(population.root), *words]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_the_right_colour_cannot_be_the_other_one_and_foreign_files_stay(population, tmp_path, capsys):
    right = int(quiz_to_trace(population, "0")[0][403])
    words = ["trace", "--population", str(population.root), "--cell", "9,9", "--against", str(right)]
    assert main(words) == 2 and "is the right colour" in capsys.readouterr().err
    mine = tmp_path / "mine.json"
    mine.write_text('{"metadata": {}}')
    assert main(["trace", "--population", str(population.root), "--viewer", str(mine)]) == 2
    assert mine.read_text() == '{"metadata": {}}'


def test_a_gpt_without_saes_says_what_to_run(tmp_path):
    population = save_small_population(tmp_path / "bare", 1, blocks=())
    with pytest.raises(CultureError, match="run `culture train-sae"):
        trace_answer(population)


def test_groups_hold_one_feature_or_one_concept_of_one_block_and_grid(population):
    graph = trace_answer(population, AnswerSettings(quiz="1")).graph
    nodes = graph.nodes
    words = [
        "on a red cell" if kind == 0 and feature % 2 else ""
        for kind, feature in zip(nodes.kind, nodes.feature, strict=True)
    ]
    groups = group_nodes(graph, words)
    for first in range(len(nodes)):
        for second in range(first):
            ends = [(nodes.block[n], nodes.kind[n], (nodes.token[n] - 1) // 101) for n in (first, second)]
            same = ends[0] == ends[1]
            if nodes.kind[first] == 0:
                same = same and (
                    nodes.feature[first] == nodes.feature[second] or words[first] == words[second] != ""
                )
                assert (groups[first] == groups[second]) == same
            elif not same:
                assert groups[first] != groups[second]


@torch.no_grad()
def test_the_strongest_supernodes_are_taken_away_one_at_a_time(population):
    traced = trace_answer(population, AnswerSettings(quiz="1", cell="3,4", gpt=1))
    graph, k = traced.graph, traced.model_k
    groups = group_nodes(graph, [""] * len(graph.nodes))
    changes = ablate_strongest(population, traced, groups, 4)
    features = graph.nodes.kind == FEATURE
    totals = sorted(
        (graph.nodes.influence[(groups == g) & features].sum() for g in set(groups[features].tolist())),
        reverse=True,
    )
    assert [change.influence for change in changes] == pytest.approx(totals[:4])
    (model,) = load_culture([k], source=population.root)
    for change in changes:
        nodes = graph.nodes
        block = int(nodes.block[change.members[0]])
        sae = open_plain_sae(population, f"blocks.{block}.hook_resid_post", k)
        x = model.embed(shift_right(torch.from_numpy(graph.tokens).long()[None]))[
            :, : graph.margin.position + 1
        ]
        for number, layer in enumerate(model.blocks):
            x = layer(x)
            if number == block:
                for node in change.members:
                    feature, token = int(nodes.feature[node]), int(nodes.token[node])
                    unit = 1.0 if sae.norm is None else 1 / float(sae.norm[feature])
                    x[0, token] -= float(nodes.activation[node]) * unit * sae.W_dec[feature]
        logits = model.readout(x[0, -1])
        margin = float(logits[graph.margin.token] - logits[graph.margin.against])
        assert change.measured == pytest.approx(margin, abs=1e-3)


def test_a_picture_has_a_row_per_gpt_with_the_tokens_that_count(population, tmp_path, capsys):
    path = tmp_path / "answer.png"
    words = ["--quiz", "1", "--cell", "3,4", "--gpt", "1", "--ablate", "3", "--picture", str(path)]
    assert main(["trace", "--population", str(population.root), *words]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert "margin without it" in capsys.readouterr().out
    traced = trace_answer(population, AnswerSettings(quiz="1", cell="3,4", gpt=1))
    graphs = trace_in_all(population, traced)
    assert {one.graph.margin for one in graphs.values()} == {traced.graph.margin}
    other = graphs[0].graph
    for position, value in enumerate(other.on_tokens(other.nodes.kind == TOKEN)):
        own = (other.nodes.kind == TOKEN) & (other.nodes.token == position + 1)
        assert value == pytest.approx(other.nodes.influence[own].sum())
    assert main(["trace", "--population", str(population.root), *words]) == 2
    assert "exists" in capsys.readouterr().err


def test_a_look_of_a_head_is_printed_with_its_pairs(population, capsys):
    words = ["trace", "--population", str(population.root), "--quiz", "1", "--cell", "3,4", "--gpt", "1"]
    assert main([*words, "--head", "1.1"]) == 0
    sentence, head, *rows = capsys.readouterr().out.strip().splitlines()
    tokens, position = quiz_to_trace(population, "1")[0], LAST_GRID.start + 34
    look = look_at(population, AnswerSettings(quiz="1", cell="3,4", gpt=1), (1, 1))
    assert f"gives {look.attention:.0%} of its attention" in sentence and "row 3, column 4" in sentence
    assert head.split()[0] == "adds" and len(rows) == 12
    strongest = look.excess.strongest(12)
    assert [float(row.split()[0]) for row in rows] == pytest.approx([one[2] for one in strongest], abs=1e-3)
    assert torch.equal(look.tokens, tokens) and look.query == position
    assert main([*words, "--head", "1.1", "--looks-at", "7"]) == 0
    labels = quiz_row(tokens.numpy()).labels
    assert f"to {position_name(6, labels)}" in capsys.readouterr().out
    assert main([*words, "--head", "1.1", "--looks-at", "0"]) == 0
    assert "to the 0 in front" in capsys.readouterr().out


def test_a_head_of_block_0_is_explained_without_saes(fixture_gpts, tmp_path, capsys):
    root = str(tmp_path / "bare")
    assert main(["convert", str(fixture_gpts), root]) == 0
    code = encode_quiz(evaluation_quizzes(1, seed=3).tokens[0])
    assert main(["trace", "--population", root, "--quiz", code, "--head", "0.1"]) == 0
    assert "head 0.1 gives" in capsys.readouterr().out
    assert main(["trace", "--population", root, "--quiz", code, "--head", "1.0"]) == 2
    assert "train-sae --hook blocks.0.hook_resid_post" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--head", "7.0"], "no head 7.0"),
        (["--head", "one"], "is not a head"),
        (["--head", "1.0", "--looks-at", "404"], "is not read before"),
        (["--looks-at", "3"], "goes with --head"),
        (["--head", "1.0", "--ablate", "3"], "--ablate is about a graph"),
        (["--head", "1.0", "--against", "red"], "--against is about a graph"),
        (["--head", "1.0", "--check"], "not allowed with"),
    ],
)
def test_a_look_that_cannot_be_is_told_in_one_line(population, capsys, words, message):
    try:
        status = main(["trace", "--population", str(population.root), "--quiz", "1", *words])
    except SystemExit as stop:
        status = stop.code
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert status == 2 and message in error
