"""Two sessions on two populations do not mix."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from pages import DASHBOARD
from streamlit.testing.v1 import AppTest

from culture_core.artifacts import read_json, write_json


@pytest.fixture
def two_populations(built_population, tmp_path, monkeypatch) -> dict[str, list[float]]:
    """Two populations that differ in the accuracy of their GPTs; by name, what Home must show."""
    shown = {}
    for number, name in enumerate(("first", "second")):
        root = tmp_path / "cache" / name
        shutil.copytree(built_population.root, root)
        report = read_json(root / "evaluation.json")
        for model in report["models"]:
            model["greedy_accuracy"] = (10 * number + model["id"] + 1) / 100
        write_json(root / "evaluation.json", report)
        shown[name] = [model["greedy_accuracy"] for model in report["models"]]
    monkeypatch.setenv("CULTURE_CACHE", str(tmp_path / "cache"))
    return shown


def _home(name: str) -> str:
    """All tables of Home for the population of that name."""
    app = AppTest.from_file(str(DASHBOARD / "Home.py"), default_timeout=60)
    app.query_params["population"] = name
    app.run()
    assert not app.exception
    return " ".join(table.value.to_string() for table in app.table)


def test_sessions_side_by_side_show_their_own_population(two_populations):
    names = list(two_populations) * 4
    with ThreadPoolExecutor(4) as pool:
        for name, tables in zip(names, pool.map(_home, names), strict=True):
            for accuracy in two_populations[name]:
                assert f"{accuracy:.1%}" in tables or f"{accuracy:.0%}" in tables
