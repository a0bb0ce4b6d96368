"""What tests of several folders share: one thread, the fixture GPTs, and a small population built once by the
real commands."""

import os
import shutil
import signal
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
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
def built_population(tmp_path_factory, fixture_gpts) -> PopulationFolder:
    """A population of five fixture GPTs with answers, SAEs, indexes, grades, probes and matches at HOOK,
    each made by its command."""
    root = str(tmp_path_factory.mktemp("cache") / "small")
    commands = [
        ["convert", str(fixture_gpts), root],
        ["evaluate", "--source", root, "--num-test-samples", "16", "--save"],
        ["answers", "--population", root, "--n", "16", "--unseen", "7", "--culture", "4"],
        ["train-sae", "--population", root, "--hook", HOOK, *SMALL_SAE],
        ["evaluate-sae", "--population", root, *SMALL_FIGURES],
        ["index", "--population", root, "--n", "24"],
        ["grade", "--population", root, "--workers", "1"],
        ["probe", "--population", root, "--n", "32", "--tokens", "60", "--workers", "1"],
        ["match", "--population", root],
    ]
    for command in commands:
        assert main(command) == 0, command
    return PopulationFolder(Path(root))


@pytest.fixture(scope="session")
def measured_population(built_population, tmp_path_factory) -> PopulationFolder:
    """A copy of the population with two groups, and universality by every measure."""
    population = PopulationFolder(tmp_path_factory.mktemp("measured") / "small")
    shutil.copytree(built_population.root, population.root)
    make_two_groups(population, HOOK)
    for name, sizes in (
        ("families", "--groups 3 --families 3 --n 16 --least-f1 0.1 --most-dense 1 --workers 1"),
        ("transfer", "--fit-quizzes 17 --n 9 --steered 2 --steered-quizzes 3"),
        ("joint", "--width 1 --k 6 --tokens 4096 --n 6 --workers 1"),
    ):
        assert main([name, "--population", str(population.root), *sizes.split()]) == 0, name
    return population


@pytest.fixture(scope="session")
def layered_population(built_population, tmp_path_factory) -> PopulationFolder:
    """A copy of the small population in which GPTs 0 and 1 also have SAEs and indexes at an earlier hook
    point, from which their features have been followed to HOOK."""
    population = PopulationFolder(tmp_path_factory.mktemp("layered") / "layered")
    shutil.copytree(built_population.root, population.root)
    two, earlier = ("--models", "0,1", "--workers", "1"), ("--hook", "blocks.0.hook_resid_post")
    sae = ("--tokens", "1024", "--batch-size", "512", "--width", "2", "--k", "4", "--finetune-quizzes", "0")
    for command in (
        ["train-sae", *earlier, *sae, *two],
        ["index", "--n", "24", *earlier, *two],
        ["layers", *two],
    ):
        assert main([command[0], "--population", str(population.root), *command[1:]]) == 0, command
    return population


@pytest.fixture(scope="session")
def answered_population(tmp_path_factory, fixture_gpts) -> PopulationFolder:
    """Five fixture GPTs with their answers to 16 world, 7 unseen and 6 culture quizzes, and nothing else."""
    root = tmp_path_factory.mktemp("cache") / "answered"
    sizes = ("--n", "16", "--unseen", "7", "--culture", "6")
    assert main(["convert", str(fixture_gpts), str(root)]) == 0
    assert main(["answers", "--population", str(root), *sizes]) == 0
    return PopulationFolder(root)


@pytest.fixture
def copy_population(tmp_path):
    """A function that copies a population, to damage the copy."""

    def copy(population: PopulationFolder) -> PopulationFolder:
        root = tmp_path / "copy"
        shutil.copytree(population.root, root)
        return PopulationFolder(root)

    return copy
