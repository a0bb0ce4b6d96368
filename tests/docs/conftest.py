"""A place to run the code of the docs in: a small population under the names that the docs use."""

from pathlib import Path

import pytest
from doc_pages import POPULATION_IN_DOCS, SMALL_HOOK
from match_helpers import make_two_groups

from culture_core.artifacts import PopulationFolder
from culture_core.cli.main import main


@pytest.fixture
def workplace(built_population, copy_population, tmp_path, monkeypatch) -> Path:
    """The working directory: in it cache/world-1M is a small population with groups and a causal check."""
    population = copy_population(built_population)
    make_two_groups(population, SMALL_HOOK)
    command = ["causal", "--population", str(population.root), "--groups", "2", "--n", "16", "--workers", "1"]
    assert main(command) == 0
    documented = PopulationFolder(tmp_path / POPULATION_IN_DOCS)
    documented.root.parent.mkdir()
    population.root.rename(documented.root)
    monkeypatch.chdir(tmp_path)
    return tmp_path
