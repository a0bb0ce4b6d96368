"""What the tests of the dashboard share: apps run without a server, on a small population that has
everything, unless a test asks for the shipped one."""

import json
import os
from pathlib import Path

import pytest
from match_helpers import make_two_groups
from streamlit.testing.v1 import AppTest

from culture_core.artifacts import CACHE, PopulationFolder
from dashboard.data.population import populations
from dashboard.data.population.populations import CACHE_VARIABLE, Population

REPOSITORY = Path(__file__).parents[2]
DASHBOARD = REPOSITORY / "dashboard"


@pytest.fixture(scope="session")
def full_population(made_once, built_population) -> PopulationFolder:
    """A copy of the small population, graded, with two groups, their causal check and its circuits."""
    commands = [
        ["grade", "--workers", "1"],
        [
            "causal",
            "--groups",
            "2",
            "--n",
            "16",
            "--most-dense",
            "1",
            "--least-in-answer",
            "0",
            "--workers",
            "1",
        ],
        ["circuits", "--n", "8", "--n-attention", "2", "--workers", "1"],
    ]
    return made_once(
        "full",
        "small",
        commands,
        copied=built_population,
        change=lambda population: make_two_groups(population, population.hooks()[0]),
    )


@pytest.fixture(autouse=True)
def no_cache_chosen(monkeypatch):
    """Nothing of the caller's environment decides what a test looks at."""
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)


@pytest.fixture
def small_cache(request, monkeypatch) -> Path:
    """The cache/ that pages show: the one a test has chosen, or the small population's."""
    if CACHE_VARIABLE not in os.environ:
        folder = request.getfixturevalue("full_population").root.parent
        monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    return Path(os.environ[CACHE_VARIABLE])


@pytest.fixture
def population(small_cache) -> Population:  # noqa: ARG001 - names the cache
    """The population that pages show first."""
    return populations.population(populations.population_names()[0])


@pytest.fixture
def shipped(monkeypatch) -> Population:
    """The population of the repository, in place of the small one."""
    monkeypatch.setenv(CACHE_VARIABLE, str(REPOSITORY / CACHE))
    return populations.population(populations.population_names()[0])


@pytest.fixture
def open_page(small_cache):  # noqa: ARG001 - names the cache
    """A function that runs a page of the app with query parameters, as a browser that follows a link does."""

    def run(page: str, /, **parameters: object) -> AppTest:
        app = AppTest.from_file(str(DASHBOARD / "Home.py"), default_timeout=60)
        app.run()
        app.switch_page(f"views/{page}.py")
        for name, value in parameters.items():
            app.query_params[name] = str(value)
        return app.run()

    return run


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache/ with nothing in it."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def own_notes(tmp_path, monkeypatch):
    """A file of notes for each test, in place of the reader's."""
    monkeypatch.setenv("CULTURE_NOTES", str(tmp_path / "notes" / "notes.sqlite"))


@pytest.fixture
def select_row():
    """A function that selects a row of the nth table of a page, as a click of the reader does."""

    def select(app: AppTest, nth: int, row: int) -> AppTest:
        states = app._tree.get_widget_states()
        states.widgets.add(
            id=app.dataframe[nth].proto.id, string_value=json.dumps({"selection": {"rows": [row]}})
        )
        return app._run(states)

    return select
