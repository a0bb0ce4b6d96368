"""A whole run on the CPU, by a clock that goes a little further at every look."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from culture_core.cli.main import main
from culture_core.errors import CultureError
from culture_core.models.mygpt import preset
from culture_core.models.sources import resolve_source
from culture_core.training.stacked.clock import Clock
from culture_core.training.stacked.loop import _Run, train
from culture_core.training.stacked.output import OutputFolder
from culture_core.training.stacked.settings import FIRST_RECIPE, StackedSettings
from culture_core.world.vocabulary import WORLD_TASKS

ROOT = Path(__file__).parents[3]
TICK = 0.02
FILES = {"gpt_0.safetensors", "gpt_1.safetensors", "log.jsonl", "report.json"}


class Ticking:
    """Time that passes only when it is read."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += TICK
        return self.time


def settings(out: Path, **changes) -> StackedSettings:
    plain = StackedSettings(
        preset="17K",
        config=replace(preset("17K"), dropout=0.0),
        recipe=replace(FIRST_RECIPE, warmup=32),
        n_models=2,
        seed=70_000,
        tasks=WORLD_TASKS,
        minutes=0.06,
        clock=Clock(0.0, Ticking()),
        out=out,
        device=torch.device("cpu"),
        batch=4,
        n_check=8,
        command="culture train-stacked (a test)",
    )
    return replace(plain, **changes)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> OutputFolder:
    return train(settings(tmp_path_factory.mktemp("stacked") / "out"))


@pytest.fixture(scope="module")
def resumed(run, tmp_path_factory) -> OutputFolder:
    return train(settings(tmp_path_factory.mktemp("stacked") / "second", minutes=0.03, resume=run.root))


def test_run_writes_weights_log_and_report_and_nothing_else(run):
    assert {path.name for path in run.root.iterdir()} == FILES
    report = run.read_report()
    assert report["finished"] and report["seeds"] == [70_000, 70_001]
    assert len(report["checks"]) == 5
    assert report["saved"]["weights"] in ("average", "last")


def test_losses_of_both_gpts_fall(run):
    for k in range(2):
        losses = [record["loss"] for record in run.read_log(k) if record["event"] == "train"]
        assert losses[-1] < 0.8 * losses[0]


def test_checks_are_logged_for_each_gpt_as_the_dashboard_reads_them(run):
    tests = [record for record in run.read_log(1) if record["event"] == "test"]
    assert len(tests) == 5
    assert {"quizzes", "expected_accuracy", "by_task", "tested"} <= set(tests[0])
    assert set(tests[0]["by_task"]) == set(WORLD_TASKS)


def test_quizzes_set_aside_cover_those_trained_on(run):
    report = run.read_report()
    assert all(sum(taken) >= report["seen"] for taken in report["taken"])


def test_second_run_goes_on_with_weights_and_streams(run, resumed):
    first, second = run.read_report(), resumed.read_report()
    assert second["start"]["sha256"] == run.hashes()
    assert second["seen"] > first["seen"]
    for before, after in zip(first["taken"], second["taken"], strict=True):
        assert all(new >= old for old, new in zip(before, after, strict=True)) and sum(after) > sum(before)
    log = [record["quizzes"] for record in resumed.read_log(0)]
    assert log[: len(run.read_log(0))] == [record["quizzes"] for record in run.read_log(0)]
    assert log[-1] == second["seen"]


def test_log_of_a_killed_run_goes_on_from_its_report(run, tmp_path):
    killed, second = OutputFolder(tmp_path / "killed"), OutputFolder(tmp_path / "second")
    shutil.copytree(run.root, killed.root)
    report = run.read_report()
    killed.write_report({**report, "seen": report["checks"][1]["seen"]})
    second.begin_log(killed)
    quizzes = [record["quizzes"] for record in second.read_log(1)]
    assert quizzes[-1] == report["checks"][1]["seen"] < run.read_log(1)[-1]["quizzes"]


def test_second_run_with_other_seeds_is_refused(run, tmp_path):
    with pytest.raises(CultureError, match="other seeds"):
        train(settings(tmp_path / "out", resume=run.root, seed=5))


def test_weights_are_in_the_format_of_a_population_and_can_be_adopted_and_asked(run, tmp_path):
    root = tmp_path / "population"
    assert main(["adopt", str(run.root), str(root)]) == 0
    for k in range(2):
        ours, adopted = load_file(run.model(k)), load_file(root / "models" / f"gpt_{k}.safetensors")
        assert ours.keys() == adopted.keys()
        assert all(torch.equal(ours[name], adopted[name]) for name in ours)
        assert run.model(k).read_bytes() == (root / "models" / f"gpt_{k}.safetensors").read_bytes()
    report = tmp_path / "report.json"
    command = ["evaluate", "0", "1", "--source", str(root), "--num-test-samples", "16", "--json", str(report)]
    assert main(command) == 0
    assert [model["quizzes"] for model in json.loads(report.read_text())["models"]] == [16, 16]
    manifest = json.loads((root / "manifest.json").read_text())
    training = manifest["training"]
    assert training["seeds"] == [70_000, 70_001] and training["stacked"]["device"] == "CPU"
    assert [model["accuracy"] for model in manifest["models"]] == run.read_report()["accuracy"]
    curves = json.loads((root / "training.json").read_text())["models"]
    assert {record["event"] for record in curves["0"]} == {"train", "test"}
    assert resolve_source(root).ids == (0, 1)


def test_run_that_is_there_is_not_written_over(run):
    before = run.model(0).read_bytes()
    with pytest.raises(CultureError, match="holds a run"):
        train(settings(run.root))
    assert run.model(0).read_bytes() == before


def test_a_run_goes_on_in_a_folder_where_a_kill_left_half_a_file(run, tmp_path):
    killed = OutputFolder(tmp_path / "killed")
    shutil.copytree(run.root, killed.root)
    (killed.root / ".gpt_0.safetensors.7.partial").write_bytes(b"half")
    again = train(settings(killed.root, minutes=0.02, resume=killed.root))
    assert again.read_report()["seen"] > run.read_report()["seen"]


def test_the_rate_rises_from_the_first_step_after_the_trials(tmp_path, monkeypatch):
    rates, step = [], _Run._step

    def noted(self, tried, rate):
        rates.append(rate)
        step(self, tried, rate)

    monkeypatch.setattr(_Run, "_step", noted)
    train(settings(tmp_path / "out", minutes=0.02))
    assert rates[:3] == pytest.approx([4 / 32, 8 / 32, 12 / 32])


def test_folder_that_is_not_a_run_gets_one_line(tmp_path, capsys):
    assert main(["adopt", str(tmp_path), str(tmp_path / "out")]) == 2
    assert "report.json does not exist" in capsys.readouterr().err


def test_script_leaves_whole_files_even_when_its_time_is_over_at_once(tmp_path):
    command = ["sh", "scripts/gpu_population.sh", "--device", "cpu", "--preset", "17K", "--models", "2"]
    command += ["--batch", "2", "--minutes", "0.01", "--num-test-samples", "8"]

    environment = {
        **os.environ,
        "OUT": str(tmp_path / "out"),
        "PYTHON": sys.executable,
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    out = OutputFolder(tmp_path / "out")
    assert {path.name for path in out.root.iterdir()} == FILES
    assert len(out.read_models()) == 2


def test_script_tries_once_more_carefully_from_the_weights_that_were_written(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text("{}")
    status, calls = run_script(tmp_path, out, "exit 3")
    assert status == 3
    first, second = calls
    assert "--careful" not in first and "--device cuda --minutes 1" in first
    assert second.endswith(f"--device cuda --minutes 1 --careful --resume {out}")
    assert first.split()[4:6] == second.split()[4:6]


@pytest.mark.parametrize("status", [2, 129, 130, 141, 143])
def test_script_does_not_try_again_after_bad_input_or_when_it_was_stopped(tmp_path, status):
    assert run_script(tmp_path, tmp_path / "out", f"exit {status}")[0] == status
    assert len(run_script(tmp_path, tmp_path / "out", f"exit {status}")[1]) == 2  # one each time


def test_script_keeps_finished_results_when_the_process_dies_after_them(tmp_path):
    out = tmp_path / "out"
    written = f"mkdir -p {out}; printf '{{\n \"finished\": true\n}}' > {out}/report.json; sleep 1.1"
    status, calls = run_script(tmp_path, out, f"{written}; touch {out}/report.json; exit 139")
    assert status == 0 and len(calls) == 1
    os.utime(out / "report.json", (1, 1))  # an earlier run's report is not this run's
    assert len(run_script(tmp_path, out, "exit 139")[1]) == 3


def run_script(folder: Path, out: Path, does: str) -> tuple[int, list[str]]:
    """The script with a Python that does something else: its status, and what it was called with so far."""
    calls, python = folder / "calls", folder / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = - ] && exit 0\necho "$*" >> {calls}\n{does}\n')
    python.chmod(0o755)
    environment = {**os.environ, "OUT": str(out), "PYTHON": str(python)}
    command = ["sh", "scripts/gpu_population.sh", "--minutes", "1"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return done.returncode, calls.read_text().splitlines()


def test_a_run_needs_no_package_but_those_that_the_script_asks_for(tmp_path):
    out = tmp_path / "out"
    command = ["train-stacked", "--out", str(out), "--device", "cpu", "--preset", "17K", "--models", "2"]
    command += ["--batch", "2", "--minutes", "0.01", "--num-test-samples", "8"]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("without_other_packages.py")), *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == FILES
