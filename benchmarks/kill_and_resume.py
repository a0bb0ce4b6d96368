"""Kill long jobs at random moments, again and again, and compare the end with a run that was left alone.

    python benchmarks/kill_and_resume.py --kills 20

For `culture train`, `culture train-sae` and `culture index` on a population of five tiny GPTs: each is
started and killed with SIGKILL after a random time, until it gets through or has been killed `--kills`
times, and restarted until it has. Its weights or arrays must equal those of an uninterrupted run, bit for
bit. Prints one line a job; exit status 1 where anything differs.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

REPOSITORY = Path(__file__).parents[1]
FIXTURES = REPOSITORY / "tests" / "fixtures" / "mygpt_asym"
HOOK = "blocks.1.hook_resid_post"
SHORTEST = 0.5


@dataclass(frozen=True)
class Job:
    """begin, go_on: the command at first and after a kill, given the folder; results: files to compare."""

    name: str
    begin: Callable[[Path], list[str]]
    go_on: Callable[[Path], list[str]]
    results: str
    seconds: float


def _train(folder: Path) -> list[str]:
    small = ["--preset", "17K", "--models", "2", "--workers", "1", "--seed", "3", "--budget", "1600-quizzes"]
    often = ["--checkpoint-seconds", "0.5", "--set", "batch_size=8", "--set", "test_every=800"]
    few = ["--set", "test_quizzes=16", "--num-test-samples", "16"]
    return ["train", "--out", str(folder / "trained"), *small, *often, *few]


def _train_on(folder: Path) -> list[str]:
    if not (folder / "trained.training" / "settings.json").is_file():
        return _train(folder)
    out = ["--out", str(folder / "trained"), "--resume", "--workers", "1"]
    return ["train", *out, "--checkpoint-seconds", "0.5", "--num-test-samples", "16"]


def _train_sae(folder: Path) -> list[str]:
    size = ["--tokens", "60000", "--batch-size", "512", "--width", "4", "--k", "4", "--workers", "1"]
    population = ["--population", str(folder / "small"), "--hook", HOOK, "--models", "0,1"]
    return ["train-sae", *population, *size, "--finetune-quizzes", "40"]


def _index(folder: Path) -> list[str]:
    return ["index", "--population", str(folder / "small"), "--n", "400", "--models", "0"]


JOBS = (
    Job("train", _train, _train_on, "trained/models/*.safetensors", 12.0),
    Job("train-sae", _train_sae, _train_sae, f"small/saes/{HOOK}/*/sae_weights.safetensors", 12.0),
    Job("index", _index, _index, f"small/index/{HOOK}/gpt_0/**/*.np[yz]", 8.0),
)


def culture(command: list[str], *, kill_after: float | None = None) -> bool:
    """Run a command; kill its whole process group after some seconds. Returns whether it ended by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "culture_core", *command],
        cwd=REPOSITORY,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _, error = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False
    if process.returncode:
        raise SystemExit(f"culture {' '.join(command)} failed: {error.decode()[-500:]}")
    return True


def contents(folder: Path, pattern: str) -> dict[str, dict[str, np.ndarray]]:
    """The arrays of every file that fits, by its path."""
    files = sorted(path for path in folder.glob(pattern) if path.is_file())
    return {str(path.relative_to(folder)): arrays(path) for path in files}


def arrays(path: Path) -> dict[str, np.ndarray]:
    if path.suffix == ".safetensors":
        # as bytes, for numpy has no bfloat16
        return {name: weight.view(torch.uint8).numpy() for name, weight in load_file(path).items()}
    loaded = np.load(path, allow_pickle=False)
    return {"": loaded} if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}


def same(one: dict[str, dict[str, np.ndarray]], other: dict[str, dict[str, np.ndarray]]) -> bool:
    return one.keys() == other.keys() and all(_same_arrays(one[file], other[file]) for file in one)


def _same_arrays(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and one[name].tobytes() == other[name].tobytes() for name in one
    )


def torment(job: Job, prepared: Path, kills: int, draw: random.Random) -> bool:
    """Run a job in peace, then with kills, again whenever it got through; returns whether all agree."""
    with tempfile.TemporaryDirectory() as folder:
        peace = _copied(prepared, Path(folder) / "peace")
        culture(job.begin(peace))
        expected = contents(peace, job.results)
        killed, rounds, agree, started = 0, 0, bool(expected), time.monotonic()
        while killed < kills:
            war = _copied(prepared, Path(folder) / f"war_{rounds}")
            killed += _killed_until_done(job, war, kills - killed, draw)
            agree = agree and same(expected, contents(war, job.results))
            rounds += 1
    verdict = "equal to an uninterrupted run" if agree else "DIFFERENT from an uninterrupted run"
    seconds = time.monotonic() - started
    print(
        f"{job.name}: killed {killed} times in {rounds} rounds, {len(expected)} files each {verdict}, "
        f"{seconds:.0f} s",
        flush=True,
    )
    return agree


def _copied(prepared: Path, folder: Path) -> Path:
    shutil.copytree(prepared, folder / "small")
    return folder


def _killed_until_done(job: Job, folder: Path, at_most: int, draw: random.Random) -> int:
    """Kill a job and go on, until it ends by itself or is left alone; returns how many kills it took."""
    killed = 0
    while killed < at_most:
        command = job.go_on(folder) if killed else job.begin(folder)
        if culture(command, kill_after=draw.uniform(SHORTEST, job.seconds)):
            return killed
        killed += 1
    culture(job.go_on(folder))
    return killed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20, help="a job")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", nargs="*", default=[job.name for job in JOBS], help="which of them")
    args = parser.parse_args()
    draw = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "small"
        culture(["convert", str(FIXTURES), str(prepared)])
        few = ["--tokens", "24000", "--batch-size", "512", "--width", "4", "--k", "4"]
        few += ["--finetune-quizzes", "0"]
        with_saes = Path(folder) / "with_saes"
        shutil.copytree(prepared, with_saes)
        culture(["train-sae", "--population", str(with_saes), "--hook", HOOK, "--models", "0", *few])
        chosen = [job for job in JOBS if job.name in args.jobs]
        fine = [
            torment(job, with_saes if job.name == "index" else prepared, args.kills, draw) for job in chosen
        ]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
