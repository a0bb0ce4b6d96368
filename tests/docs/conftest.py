"""A place to run the code of the docs in: a small population under the names that the docs use."""

import shutil
from pathlib import Path

import pytest
from doc_pages import POPULATION_IN_DOCS, SMALL_HOOK
from match_helpers import make_two_groups

from culture_core.artifacts import PopulationFolder
from culture_core.cli.main import main


@pytest.fixture(scope="session")
def documented(built_population, tmp_path_factory) -> Path:
    """A folder in which cache/world-1M is a small population with two groups and a causal check of them."""
    folder = tmp_path_factory.mktemp("docs")
    population = PopulationFolder(folder / POPULATION_IN_DOCS)
    shutil.copytree(built_population.root, population.root)
    make_two_groups(population, SMALL_HOOK)
    # an SAE this small is dense, so any of its groups will do
    eligible = ("--most-dense", "1", "--least-in-answer", "0")
    size = ("--groups", "2", "--n", "16", "--workers", "1")
    assert main(["causal", "--population", str(population.root), *size, *eligible]) == 0
    return folder


@pytest.fixture
def workplace(documented, monkeypatch) -> Path:
    """That folder, as the working directory."""
    monkeypatch.chdir(documented)
    return documented
