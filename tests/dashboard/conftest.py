"""What the tests of the dashboard share: apps run without a server."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

REPOSITORY = Path(__file__).parents[2]
DASHBOARD = REPOSITORY / "dashboard"


@pytest.fixture
def open_page():
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
    """A cache/ with nothing in it, in place of the repository's."""
    monkeypatch.setenv("CULTURE_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def own_notes(tmp_path, monkeypatch):
    """A file of notes for each test, in place of the reader's."""
    monkeypatch.setenv("CULTURE_NOTES", str(tmp_path / "notes" / "notes.sqlite"))
