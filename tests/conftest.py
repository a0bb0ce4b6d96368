"""What tests of several folders share: one thread, the fixture GPTs, and a small population built once by the
real commands."""

import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from filelock import FileLock
from lanes import is_slow
from match_helpers import make_two_groups

from culture_core.artifacts import PopulationFolder
from culture_core.cli.main import main

# models this small lose more by sharing work between threads than they gain
torch.set_num_threads(1)

FIXTURES = Path(__file__).parent / "fixtures"
HOOK = "blocks.1.hook_resid_post"
SMALL_SAE = (
    *("--tokens", "24000", "--batch-size", "512", "--width", "4", "--k", "4"),
    *("--finetune-quizzes", "8", "--workers", "1"),
)
SMALL_FIGURES = ("--num-test-samples", "16", "--held-out-tokens", "6000", "--workers", "1")


def pytest_configure(config: pytest.Config) -> None:
    """Let tests interrupt the commands they start, also where this run is in the background.

    A shell starts background jobs with SIGINT ignored, and nohup with SIGHUP ignored; whatever they start
    inherits that.
    """
    if hasattr(config, "workerinput"):
        return
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests, which `make check` leaves out."""
    for item in items:
        if is_slow(item):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def fixture_gpts() -> Path:
    """The folder of five GPTs with random weights, as the public code wrote them."""
    return FIXTURES / "mygpt_asym"


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[..., PopulationFolder]:
    """A function that gives the population at cache/NAME of a folder of its own, made once for all workers of
    this run: a copy of another one, if there is one, by a function, then by commands with `--population`."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(
        folder: str,
        name: str,
        commands: Sequence[Sequence[str]],
        copied: PopulationFolder | None = None,
        change: Callable[[PopulationFolder], object] = lambda _: None,
    ) -> PopulationFolder:
        population, made = PopulationFolder(base / folder / name), base / f"{folder}.made"
        with FileLock(base / f"{folder}.lock"):
            if not made.exists():
                shutil.rmtree(population.root, ignore_errors=True)
                if copied is not None:
                    shutil.copytree(copied.root, population.root)
                change(population)
                for command in commands:
                    assert main([command[0], "--population", str(population.root), *command[1:]]) == 0, (
                        command
                    )
                made.touch()
        return population

    return make


@pytest.fixture(scope="session")
def built_population(made_once, fixture_gpts) -> PopulationFolder:
    """A population of five fixture GPTs with answers, SAEs, indexes, grades, probes and matches at HOOK,
    each made by its command."""
    commands = [
        ["answers", "--n", "16", "--unseen", "7", "--culture", "4"],
        ["train-sae", "--hook", HOOK, *SMALL_SAE],
        ["evaluate-sae", *SMALL_FIGURES],
        ["index", "--n", "24"],
        ["grade", "--workers", "1"],
        ["probe", "--n", "32", "--tokens", "60", "--workers", "1"],
        ["match"],
    ]

    def convert(population: PopulationFolder) -> None:
        root = str(population.root)
        assert main(["convert", str(fixture_gpts), root]) == 0
        assert (
            main(["evaluate", "--source", root, "--num-test-samples", "16", "--save", "--workers", "1"]) == 0
        )

    return made_once("built", "small", commands, change=convert)


@pytest.fixture(scope="session")
def measured_population(made_once, built_population) -> PopulationFolder:
    """A copy of the population with two groups, and universality by every measure."""
    commands = [
        "families --groups 3 --families 3 --n 16 --least-f1 0.1 --most-dense 1 --workers 1",
        "transfer --fit-quizzes 17 --n 9 --steered 2 --steered-quizzes 3",
        "joint --width 1 --k 6 --tokens 4096 --n 6 --workers 1",
    ]
    return made_once(
        "measured",
        "small",
        [command.split() for command in commands],
        copied=built_population,
        change=lambda population: make_two_groups(population, HOOK),
    )


@pytest.fixture(scope="session")
def layered_population(made_once, built_population) -> PopulationFolder:
    """A copy of the small population in which GPTs 0 and 1 also have SAEs and indexes at an earlier hook
    point, from which their features have been followed to HOOK."""
    two, earlier = ("--models", "0,1", "--workers", "1"), ("--hook", "blocks.0.hook_resid_post")
    sae = ("--tokens", "1024", "--batch-size", "512", "--width", "2", "--k", "4", "--finetune-quizzes", "0")
    commands = [
        ["train-sae", *earlier, *sae, *two],
        ["index", "--n", "24", *earlier, *two],
        ["layers", *two],
    ]
    return made_once("layered", "layered", commands, copied=built_population)


@pytest.fixture(scope="session")
def answered_population(made_once, fixture_gpts) -> PopulationFolder:
    """Five fixture GPTs with their answers to 16 world, 7 unseen and 6 culture quizzes, and nothing else."""

    def convert(population: PopulationFolder) -> None:
        assert main(["convert", str(fixture_gpts), str(population.root)]) == 0

    commands = [["answers", "--n", "16", "--unseen", "7", "--culture", "6"]]
    return made_once("only_answered", "answered", commands, change=convert)


@pytest.fixture
def copy_population(tmp_path):
    """A function that copies a population, to damage the copy."""

    def copy(population: PopulationFolder) -> PopulationFolder:
        root = tmp_path / "copy"
        shutil.copytree(population.root, root)
        return PopulationFolder(root)

    return copy
