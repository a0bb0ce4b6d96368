"""Commands whose output is closed, or that are interrupted at their work."""

import os
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

from culture_core.cli.main import main
from culture_core.errors import suggested

HOOK = "blocks.1.hook_resid_post"
CULTURE = (sys.executable, "-m", "culture_core")
PATIENCE = 120
# what a command may take to end; tests on a busy machine allow ten times as much
SECONDS_TO_END = 2


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"culture {metadata.version('culture-core')}\n"


@pytest.mark.parametrize(
    ("words", "status"),
    [(("--help",), 0), (("quizzes", "--tasks", "frame", "--n", "10", "--show"), 128 + signal.SIGPIPE)],
)
def test_a_reader_that_has_gone_ends_a_command_quietly(words, status):
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run([*CULTURE, *words], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert run.stderr == ""
    assert run.returncode == status


def test_closed_outputs_do_not_stop_a_command(tmp_path):
    out = tmp_path / "q.npz"
    command = f"exec {sys.executable} -m culture_core quizzes --tasks frame --n 4 --show --out {out} >&- 2>&-"
    assert subprocess.run(["sh", "-c", command]).returncode == 0
    assert out.is_file()


@pytest.mark.parametrize(("variables", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_no_color_is_set(variables, is_coloured):
    ours, theirs = os.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | variables
    command = [*CULTURE, "quizzes", "--tasks", "frame", "--n", "1", "--show"]
    with subprocess.Popen(command, stdout=theirs, env=environment) as run:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert run.returncode == 0
    assert b"frame" in shown
    assert (b"\x1b[" in shown) == is_coloured


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux's word for a terminal that was closed
        return b""


def test_suggested_commands_quote_their_paths():
    assert suggested("grade", "--population", Path("my cache/it's")) == (
        "`culture grade --population 'my cache/it'\"'\"'s'`"
    )


def test_errors_suggest_commands_that_a_shell_reads(tmp_path, fixture_gpts, capsys):
    population = str(tmp_path / "my population")
    assert main(["convert", str(fixture_gpts), population]) == 0
    (tmp_path / "my population" / "saes" / HOOK).mkdir(parents=True)
    assert main(["match", "--population", population]) == 2
    assert f"--population '{population}'" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_training_of_saes_leaves_the_old_ones(tmp_path, fixture_gpts, number):
    root = tmp_path / "population"
    assert main(["convert", str(fixture_gpts), str(root)]) == 0
    old = [root / "saes" / HOOK / f"gpt_{k}" / "manifest.json" for k in range(5)]
    for manifest in old:
        manifest.parent.mkdir(parents=True)
        manifest.write_text('{"old": true}')
    command = [*CULTURE, "train-sae", "--population", str(root), "--hook", HOOK, "--tokens", "1e9"]
    process = subprocess.Popen(
        [*command, "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    begun = [process.stdout.readline() for _ in range(2)]
    assert sorted(line.split(":")[0] for line in begun) == ["GPT 0", "GPT 1"]
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    out, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number
    assert error.splitlines()[-1] == "culture: interrupted; nothing half-written was left"
    assert "Traceback" not in error
    assert not any(f"GPT {k}" in out for k in (2, 3, 4))
    assert [manifest.read_text() for manifest in old] == ['{"old": true}'] * 5
    assert not list(root.rglob("*.partial"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_dataset_leaves_the_old_one_and_nothing_else(tmp_path, number):
    out = tmp_path / "puzzles"
    command = [*CULTURE, "quizzes", "--tasks", "frame", "--dataset", str(out)]
    assert main([*command[3:], "--n", "3"]) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    process = subprocess.Popen([*command, "--n", "90000000"], stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob(".*.partial/*")):
        assert process.poll() is None
        time.sleep(0.05)
    asked = time.monotonic()
    process.send_signal(number)
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number
    assert time.monotonic() - asked < 10 * SECONDS_TO_END
    assert error.splitlines()[-1] == "culture: interrupted; nothing half-written was left"
    assert [path.name for path in tmp_path.iterdir()] == ["puzzles"]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
