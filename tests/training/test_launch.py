"""`culture train` as a user runs it: to the end, killed and resumed, prolonged, under torchrun."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest
from training_helpers import RECIPE, tiny_run

from culture_core.artifacts import provenance, read_json, write_json
from culture_core.cli.main import COMMANDS, main
from culture_core.errors import CultureError
from culture_core.models.api import load_culture
from culture_core.models.mygpt import PRESETS, MyGPT
from culture_core.models.population import save_population
from culture_core.training import log
from culture_core.training.launch import change_recipe, plan_again
from culture_core.training.run_folder import RunFolder
from culture_core.training.schedule import Budget, Decay
from culture_core.training.trainer import Progress
from culture_core.training.worker import Job, decide_decay, elapsed

ON_ONE_CORE = ("--workers", "1", "--num-test-samples", "16")
SMALL = (
    *ON_ONE_CORE,
    *("--preset", "17K", "--seed", "3", "--checkpoint-seconds", "0.5"),
    *("--set", "batch_size=8", "--set", "test_every=64", "--set", "test_quizzes=16"),
)
TINY_RUN = ("--models", "1", *SMALL)


@pytest.fixture(autouse=True)
def train_is_a_command(monkeypatch):
    monkeypatch.setitem(COMMANDS, "train", "culture_core.cli.train")


def _command(*arguments: str) -> list[str]:
    code = (
        "import sys\nif __name__ == '__main__':\n"
        " from culture_core.cli.main import COMMANDS, main\n"
        " COMMANDS['train'] = 'culture_core.cli.train'\n"
        " sys.exit(main(['train', *sys.argv[1:]]))"
    )
    return [sys.executable, "-c", code, *arguments]


def test_killed_run_resumes_to_a_population_and_can_be_prolonged(tmp_path):
    out = str(tmp_path / "small")
    run = RunFolder.beside(out)
    endless = subprocess.Popen(
        _command("--out", out, "--models", "2", "--budget", "9h", *SMALL), start_new_session=True
    )
    while not (run.model(1) / "last.pt").exists():
        assert endless.poll() is None
        time.sleep(0.05)
    os.killpg(endless.pid, signal.SIGKILL)
    endless.wait()
    seen = [run.load_checkpoint(k)["progress"]["seen"] for k in range(2)]
    assert min(seen) > 0

    budget = max(seen) // 8 * 8 + 32
    resume = ["train", "--out", out, "--resume", *ON_ONE_CORE]
    assert main([*resume, "--budget", str(budget)]) == 0
    assert [run.read_progress(k).seen for k in range(2)] == [budget, budget]
    for k in range(2):
        quizzes = [record["quizzes"] for record in log.read(run.log(k)) if record["event"] == "train"]
        assert quizzes == sorted(set(quizzes)) and quizzes[-1] == budget
    assert [model.id for model in load_culture(source=out)] == [0, 1]
    manifest = read_json(tmp_path / "small" / "manifest.json")
    assert manifest["training"]["seeds"] == [3, 4]
    assert set(read_json(tmp_path / "small" / "training.json")["models"]) == {"0", "1"}

    longer = ["--budget", str(budget + 64), "--set", "focus=1"]
    assert main([*resume, *longer]) == 0
    assert run.read_settings().recipe.focus == 1.0
    assert "recipe" in {record["event"] for record in log.read(run.log(0))}
    assert [run.read_progress(k).seen for k in range(2)] == [budget + 64] * 2
    tests = [record["quizzes"] for record in log.read(run.log(0)) if record["event"] == "test"]
    assert tests == list(range(64, budget + 65, 64))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_stop_writes_its_checkpoints_and_says_how_to_go_on(tmp_path, number):
    out = str(tmp_path / "small")
    run = RunFolder.beside(out)
    command = _command(
        "--out", out, "--models", "2", "--budget", "9h", *SMALL, "--checkpoint-seconds", "3600"
    )
    endless = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    while not run.log(0).parent.exists():
        assert endless.poll() is None
        time.sleep(0.05)
    time.sleep(1)
    endless.send_signal(number) if number == signal.SIGTERM else os.killpg(endless.pid, number)
    told, _ = endless.communicate(timeout=100)
    assert endless.returncode == 128 + number
    assert f"stopped; continue with `culture train --out {out} --resume`" in told
    assert run.load_checkpoint(0)["progress"]["seen"] > 0


def test_torchrun_trains_one_gpt_with_two_replicas(tmp_path):
    out, model = str(tmp_path / "team"), MyGPT(PRESETS["17K"]).eval()
    model.id = 0
    source = save_population(tmp_path / "source", [model], made_by=provenance("test"))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = ("--out", out, "--models", "1", "--budget", "32-quizzes", "--start", str(source.root))
    command = _command(*words, *SMALL)
    team = subprocess.run(
        [*launcher, "--no-python", "--", *command], capture_output=True, text=True, timeout=200
    )
    assert team.returncode == 0, team.stderr
    assert RunFolder.beside(out).read_progress(0).seen == 32
    assert len(load_culture(source=out)) == 1


WRONG = [
    (["--resume"], "there is no run"),
    (["--export-now"], "does not exist"),
    (["--budget", "soon"], "is not a budget"),
    (["--set", "colour=3"], "a recipe has no entry 'colour'"),
    (["--set", "lr=fast"], "is not a value for lr"),
    (["--tasks", "chess"], "unknown task 'chess'"),
    (["--device", "abacus"], "no device 'abacus'"),
]


@pytest.mark.parametrize(("arguments", "complaint"), WRONG, ids=[complaint for _, complaint in WRONG])
def test_wrong_use_is_one_line(tmp_path, capsys, arguments, complaint):
    assert main(["train", "--out", str(tmp_path / "new"), *arguments]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


def test_running_recipe_keeps_what_its_checkpoints_hold(tmp_path):
    run, settings = tiny_run(tmp_path)
    with pytest.raises(CultureError, match="optimizer cannot be changed"):
        change_recipe(run, settings, replace(RECIPE, optimizer="adam"))


def test_second_run_does_not_write_over_the_first(tmp_path, capsys):
    (tmp_path / "old.training").mkdir()
    (tmp_path / "old.training" / "settings.json").write_text("{}")
    assert main(["train", "--out", str(tmp_path / "old")]) == 2
    assert "continue it with --resume" in capsys.readouterr().err


@pytest.mark.parametrize(("seen", "decay"), [(0, Decay(20, 40)), (24, Decay(20, 40)), (48, Decay(40, 80))])
def test_a_shorter_budget_moves_a_decay_that_has_not_begun(tmp_path, seen, decay):
    run, settings = tiny_run(tmp_path)
    run.write_decay(Decay(40, 80))
    run.model(0).mkdir(parents=True)
    write_json(run.model(0) / "progress.json", {**asdict(run.read_progress(0)), "seen": seen})
    job = Job(run, replace(settings, recipe=replace(settings.recipe, decay_share=0.5)), Budget(quizzes=40))
    plan_again(job)
    assert decide_decay(job) == decay


@pytest.mark.parametrize(
    "words",
    [["--seed", "3"], ["--models", "4"], ["--preset", "4M"], ["--tasks", "grow"], ["--start", "cache/mine"]],
)
def test_a_run_that_is_resumed_cannot_be_another_one(tmp_path, capsys, words):
    run, _ = tiny_run(tmp_path)
    run.root.rename(tmp_path / "run.training")
    assert main(["train", "--out", str(tmp_path / "run"), "--resume", *words]) == 2
    error = capsys.readouterr().err
    assert f"{words[0]} does not go with --resume" in error and error.count("\n") == 1


def test_a_refused_run_leaves_nothing_behind(tmp_path, fixture_gpts, capsys):
    wrong = [
        ["--preset", "4M", "--start", str(fixture_gpts)],
        ["--culture"],
        ["--set", "decay_share=1"],
        ["--set", "optimizer=sgd"],
        ["--set", "test_quizzes=4"],
        ["--set", "choose=anything"],
    ]
    for words in wrong:
        assert main(["train", "--out", str(tmp_path / "new"), "--models", "1", *words]) == 2, words
        assert capsys.readouterr().err.count("\n") == 1
        assert list(tmp_path.iterdir()) == [], words


def test_a_refused_change_leaves_a_finished_run_as_it_was(tmp_path):
    out = tmp_path / "run"
    assert main(["train", "--out", str(out), *TINY_RUN, "--budget", "64-quizzes"]) == 0
    checkpoints = tmp_path / "run.training" / "gpt_0"
    before = {path.name: path.read_bytes() for path in checkpoints.glob("*.pt")}
    assert set(before) == {"last.pt", "stable.pt"}
    for words in (["--set", "optimizer=adam"], ["--culture"]):
        assert main(["train", "--out", str(out), "--resume", "--budget", "640-quizzes", *words]) == 2
    assert {path.name: path.read_bytes() for path in checkpoints.glob("*.pt")} == before
    assert (tmp_path / "run.training" / "decay.json").exists()


def test_what_was_built_from_a_population_stays_unless_forced(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train", "--out", str(out), *TINY_RUN, "--budget", "64-quizzes"]) == 0
    written = (out / "manifest.json").stat().st_mtime_ns
    assert main(["train", "--out", str(out), "--resume"]) == 0
    assert (out / "manifest.json").stat().st_mtime_ns == written
    (out / "saes" / "blocks.0.hook_resid_post").mkdir(parents=True)
    assert main(["train", "--out", str(out), "--resume", "--budget", "128-quizzes"]) == 2
    assert "has SAEs made from these GPTs" in capsys.readouterr().err
    assert RunFolder.beside(out).read_progress(0).seen == 64
    assert main(["train", "--out", str(out), "--resume", "--budget", "128-quizzes", "--force"]) == 0
    assert not (out / "saes").exists() and RunFolder.beside(out).read_progress(0).seen == 128


def test_two_commands_do_not_train_one_run(tmp_path, capsys):
    run, _ = tiny_run(tmp_path)
    run.root.rename(tmp_path / "run.training")
    with RunFolder.beside(tmp_path / "run").alone():
        assert main(["train", "--out", str(tmp_path / "run"), "--resume", "--budget", "64-quizzes"]) == 2
    assert "another command trains the run" in capsys.readouterr().err


def test_a_longer_time_budget_is_reckoned_from_the_end_of_the_stable_phase(tmp_path):
    run, settings = tiny_run(tmp_path, n_models=1)
    stable = {"progress": vars(Progress(seen=40, seconds=14.0, wall=7.0))}
    run.save_checkpoint(0, stable)
    run.keep_stable(0)
    run.save_checkpoint(0, {"progress": vars(Progress(seen=56, seconds=20.0, wall=10.0))})
    run.write_decay(Decay(40, 56))
    job = Job(run, settings, Budget(seconds=9.9), n_workers=3)
    plan_again(job)
    assert run.read_decay() == Decay(40, 56)
    plan_again(replace(job, budget=Budget(seconds=10.5)))
    assert run.read_decay() is None and run.read_progress(0).seen == 40
    assert elapsed(replace(job, n_workers=1)) == 7.0


def test_a_start_from_gpts_of_the_same_seed_is_refused(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train", "--out", str(out), *TINY_RUN, "--budget", "8-quizzes"]) == 0
    assert main(["train", "--out", str(tmp_path / "more"), *TINY_RUN, "--start", str(out)]) == 2
    assert "name another --seed" in capsys.readouterr().err and not (tmp_path / "more.training").exists()
