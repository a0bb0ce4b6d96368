"""On a disk that cannot be written, what only reads works, and the rest is one line before the work."""

import json
import subprocess
import sys

import pytest

# each command, and whether it needs to write
COMMANDS = {
    "index --n 24 --if-stale": False,
    "match --if-stale": False,
    "grade --if-stale": False,
    "answers --n 16 --unseen 7 --culture 4 --if-stale": False,
    "probe --n 32 --tokens 60 --if-stale": False,
    "train-sae --tokens 9e9": True,
    "evaluate-sae": True,
    "index --n 25": True,
    "match": True,
    "grade": True,
    "answers": True,
    "probe": True,
    "circuits": True,
    "heads": True,
    "causal": True,
    "results": True,
    "invent --n 5": True,
    "novelty --json report.json": True,
    "quizzes --tasks frame --out q.npz": True,
    "quizzes --tasks frame --dataset d": True,
    "train --preset 17K --out new": True,
    "train-stacked --preset 17K --device cpu --out new": True,
    "convert {root} new": True,
    "export {root} new": True,
    "evaluate --source {root} --save": True,
    "evaluate 1 --source {root} --num-test-samples 7": False,
}
ALONE = ("quizzes", "train", "train-stacked", "convert", "export", "evaluate")
SCRIPT = """
import json, os, sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from culture_core.cli.main import main
from culture_core.features.index.activations import ensure_activations
from culture_core.artifacts import PopulationFolder
from pathlib import Path
folder = PopulationFolder(Path(sys.argv[1]))
os.chdir(folder.root.parent)
ensure_activations(folder, folder.hooks()[0], 0)
for command in json.loads(sys.argv[2]):
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
        status = main(command)
    print(json.dumps([status, said.getvalue()]))
"""


def test_a_read_only_disk_is_told_before_the_work(built_population, copy_population):
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine lets no user mount anything")
    root = copy_population(built_population).root
    for path in built_population.root.rglob("activations"):
        assert (root / path.relative_to(built_population.root)).is_dir()
    commands = [_words(command, str(root)) for command in COMMANDS]
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    script = [sys.executable, "-c", SCRIPT, str(root), json.dumps(commands)]
    run = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount, "sh", str(root.parent), *script], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    results = [json.loads(line) for line in run.stdout.splitlines()]
    for (command, writes), (status, said) in zip(COMMANDS.items(), results, strict=True):
        assert status == (2 if writes else 0), (command, said)
        if writes:
            assert "cannot be written: this user may not write in" in said, command
            assert len([line for line in said.splitlines() if "error" in line]) == 1


def _words(command: str, root: str) -> list[str]:
    name, *options = command.format(root=root).split()
    whose = [] if name in ALONE else ["--population", root]
    return [name, *whose, *options]
