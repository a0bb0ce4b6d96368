"""Two sessions on two populations do not mix, whichever ran last."""

import shutil

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


def _session(name: str) -> AppTest:
    app = AppTest.from_file(str(DASHBOARD / "Home.py"), default_timeout=60)
    app.query_params["population"] = name
    return app


def test_sessions_by_turns_show_their_own_population(two_populations):
    sessions = {name: _session(name) for name in two_populations}
    for _ in range(3):
        for name, session in sessions.items():
            session.run()
            assert not session.exception
            tables = " ".join(table.value.to_string() for table in session.table)
            for accuracy in two_populations[name]:
                assert f"{accuracy:.1%}" in tables or f"{accuracy:.0%}" in tables
