"""The commands as a user types them."""

import json
import shutil

import numpy as np
import pytest

from culture_core.artifacts import provenance
from culture_core.cli.main import COMMANDS, main
from culture_core.models.api import load_culture
from culture_core.models.population import save_population
from culture_core.world.quizzes import generate_stream
from culture_core.world.storage import load_quiz_file
from culture_core.world.vocabulary import STRUCTURE_NAMES, WORLD_TASKS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_shows_examples_that_parse(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"culture {command}" in capsys.readouterr().out


def test_quizzes_writes_tokens_and_task(tmp_path):
    out = tmp_path / "q.npz"
    assert main(["quizzes", "--tasks", "frame,contact", "--n", "30", "--seed", "4", "--out", str(out)]) == 0
    with np.load(out) as file:
        assert file["tokens"].shape == (60, 404)
        assert file["tokens"].dtype == np.uint8
        assert sorted(set(file["task"])) == ["contact", "frame"]
    assert len(load_quiz_file(out)) == 60


def test_evaluate_reports_the_promised_json(tmp_path, built_population):
    out = tmp_path / "report.json"
    command = ["evaluate", "1", "3", "--source", str(built_population.root), "--num-test-samples", "24"]
    assert main([*command, "--json", str(out)]) == 0
    models = json.loads(out.read_text())["models"]
    assert [model["id"] for model in models] == [1, 3]
    keys = {
        "quizzes",
        "loss",
        "greedy_accuracy",
        "expected_accuracy",
        "by_task",
        "by_structure",
        "conversion_max_error",
    }
    assert keys <= set(models[0])
    assert models[0]["quizzes"] == 24
    assert models[0]["conversion_max_error"] < 1e-3


BAD = [
    (["novelty", "--population", "POPULATION", "--if-stale"], "add --save"),
    (["quizzes", "--tasks", "nonsense", "--out", "q.npz"], "unknown task 'nonsense'"),
    (["quizzes", "--structure", "A,B", "--out", "q.npz"], "structure"),
    (["quizzes"], "nothing to do"),
    (["evaluate", "--source", "nowhere"], "nowhere"),
    (["evaluate", "9", "--source", "POPULATION"], "has no model 9"),
    (["convert", "nowhere", "out"], "nowhere"),
    (["answers", "--population", "nowhere"], "is not a population folder"),
    (["train-sae", "--population", "POPULATION", "--hook", "blocks.7.hook_resid_post"], "no hook point"),
    (["train-sae", "--population", "POPULATION", "--models", "7"], "no GPT 7"),
    (
        ["train-sae", "--population", "POPULATION", "--batch-size", "60000"],
        "--batch-size 60000 is out of range",
    ),
    (["train-sae", "--population", "POPULATION", "--variant", "joint"], "allows no finetuning"),
    (
        ["train-sae", "--population", "POPULATION", "--hook", "blocks.1.ln2.hook_normalized"],
        "allows no finetuning",
    ),
    (["evaluate-sae", "--population", "POPULATION", "--variant", "joint"], "`culture joint --population"),
    (["index", "--population", "POPULATION", "--variant", "joint"], "run `culture joint"),
    (["index", "--population", "POPULATION", "--hook", "blocks.0.hook_mlp_out"], "none at"),
    (["index", "--population", "POPULATION", "--shard", "1/2", "--if-stale"], "does not go with --shard"),
    (["index", "--population", "POPULATION", "--device", "mps"], "choose auto, cpu or cuda"),
    (["evaluate", "--source", "POPULATION", "--if-stale"], "goes with --save"),
    (["evaluate", "0", "--source", "POPULATION", "--save"], "of all GPTs, on every task"),
    (["evaluate", "--source", "POPULATION", "--tasks", "frame", "--save"], "of all GPTs, on every task"),
    (["evaluate", "--source", "POPULATION", "--hub-repo", "x/y"], "--hub-repo goes with --source hub"),
    (["evaluate", "--source", "POPULATION", "--culture", "--num-test-samples", "5"], "with --culture"),
    (["quizzes", "--show", "--partitioned"], "--partitioned goes with --dataset"),
    (["quizzes", "--out", "q", "--dataset", "q"], "name one place"),
    (["convert", "POPULATION", "out", "--hub-repo", "x/y"], "--hub-repo goes with"),
    (["evaluate", "--source", "POPULATION", "--unseen", "--tasks", "grow"], "--tasks and --unseen"),
    (["evaluate", "--source", "POPULATION", "--unseen", "--culture"], "--unseen and --culture"),
    (["trace", "--population", "POPULATION", "--models", "0"], "goes with --check or --profile"),
    (["trace", "--population", "POPULATION", "--if-stale"], "goes with --check or --profile"),
    (["trace", "--population", "POPULATION", "--check", "--quiz", "2"], "--quiz is about one answer"),
    (["trace", "--population", "POPULATION", "--profile", "--ablate", "2"], "--ablate is about one answer"),
    (["match", "--population", "nowhere"], "is not a population folder"),
    (["build", "--population", "nowhere"], "is not a population folder"),
]


@pytest.mark.parametrize(("command", "message"), BAD, ids=[" ".join(command) for command, _ in BAD])
def test_bad_input_gets_one_line_and_writes_nothing(
    command, message, tmp_path, built_population, monkeypatch, capsys
):
    command = [str(built_population.root) if word == "POPULATION" else word for word in command]
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.startswith("culture: error: ")
    assert "\n" not in error
    assert list(tmp_path.iterdir()) == []


def test_bad_option_exits_without_a_traceback(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["quizzes", "--n", "-3"])
    assert stop.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_kept_evaluation_is_made_again_only_when_it_is_stale(tmp_path, built_population, capsys):
    out = tmp_path / "population"
    shutil.copytree(built_population.root, out)
    command = ["evaluate", "--source", str(out), "--num-test-samples", "16", "--save", "--if-stale"]
    assert main(command) == 0
    made = (out / "evaluation.json").read_bytes()
    capsys.readouterr()
    assert main(command) == 0
    assert "up to date" in capsys.readouterr().out
    assert (out / "evaluation.json").read_bytes() == made
    assert main([*command, "--seed", "1"]) == 0
    assert json.loads((out / "evaluation.json").read_text())["seed"] == 1


def test_evaluate_culture_asks_each_held_out_quiz_in_every_answerable_structure(tmp_path, built_population):
    out = tmp_path / "population"
    invented = generate_stream(WORLD_TASKS, 0, 9, 4, structure=STRUCTURE_NAMES[0], noise=0.0).tokens
    save_population(
        out,
        load_culture([0, 1], source=built_population.root),
        made_by=provenance("test"),
        culture_quizzes=(invented[:6], invented[6:]),
    )
    report = tmp_path / "report.json"
    assert main(["evaluate", "0", "--source", str(out), "--culture", "--json", str(report)]) == 0
    record = json.loads(report.read_text())["models"][0]
    assert record["quizzes"] == 3 * 4
    assert {name: row["quizzes"] for name, row in record["by_structure"].items()} == dict.fromkeys(
        STRUCTURE_NAMES[:4], 3
    )
