from pathlib import Path

import numpy as np
import pytest

from culture_core import artifacts
from culture_core.errors import CultureError


def test_read_json_names_the_file_and_the_reason(tmp_path):
    with pytest.raises(CultureError, match="does not exist"):
        artifacts.read_json(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(CultureError, match=r"bad\.json cannot be read as JSON"):
        artifacts.read_json(tmp_path / "bad.json")


def test_read_arrays_refuses_a_truncated_file_with_the_remedy(tmp_path):
    path = tmp_path / "index.npz"
    artifacts.write_arrays(path, {"x": np.arange(1000)})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CultureError, match="run `culture index`"):
        artifacts.read_arrays(path, "run `culture index`")


def test_populations_lists_only_folders_with_a_manifest(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "manifest.json").write_text("{}")
    (tmp_path / "other").mkdir()
    assert [population.name for population in artifacts.populations(tmp_path)] == ["real"]


def test_nothing_that_culture_keeps_in_a_population_is_a_stranger_to_it(tmp_path):
    population = artifacts.PopulationFolder(tmp_path)
    kept = [getattr(population, name) for name, value in vars(type(population)).items() if _is_place(value)]
    assert population.plan in kept and population.evaluation in kept
    for path in kept:
        (tmp_path / path.relative_to(tmp_path).parts[0]).touch()
    (tmp_path / "thesis.tex").touch()
    assert population.strangers() == ["thesis.tex"]


def _is_place(attribute):
    return isinstance(attribute, property) and attribute.fget.__annotations__["return"] is Path
