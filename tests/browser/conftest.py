"""A real server and a real Chromium, started once for all browser tests."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from culture_core.artifacts import CACHE, PopulationFolder, populations

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
START_SECONDS = 60
# every board drawn, and all of them where they were 250 ms ago: a click would else land beside its cell
ALL_DRAWN = """() => {
    const boards = [...document.querySelectorAll('[data-testid="stBidiComponentIsolated"]')];
    const roots = boards.map(board => board.shadowRoot?.querySelector(".root"));
    // a board without grids has nothing to wait for, nor has one that is folded away
    const waits = root => root.offsetWidth > 0 && root.querySelector(".rows canvas")?.width <= 20;
    const drawn = root => root?.children.length > 0 && !waits(root);
    const places = JSON.stringify(boards.map(board => board.getBoundingClientRect()));
    if (window.boardPlaces !== places) {
        window.boardPlaces = places;
        window.boardsMoved = performance.now();
    }
    return roots.length > 0 && roots.every(drawn) && performance.now() - window.boardsMoved > 250;
}"""


@pytest.fixture(scope="session")
def notes_file(tmp_path_factory) -> Path:
    """The file of notes that the server uses, in place of the reader's."""
    return tmp_path_factory.mktemp("notes") / "notes.sqlite"


@pytest.fixture(scope="session")
def server(tmp_path_factory, notes_file) -> Iterator[str]:
    """The address of the dashboard, served on a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/Home.py"]
    options = ["--server.port", str(port), "--server.headless", "true"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, *options],
            cwd=REPOSITORY,
            stdout=output,
            stderr=output,
            env=os.environ | {"CULTURE_NOTES": str(notes_file)},
        )
    try:
        wait_for_server(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for_server(address: str, process: subprocess.Popen, log: Path) -> None:
    """Return when the server answers; fail with its log when it stops or stays silent."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; the tests fail, and say how to install it, when there is none."""
    if not CHROMIUM.exists():
        pytest.fail(f"no Chromium at {CHROMIUM}: run `make chromium` (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def population() -> PopulationFolder:
    """The population the server shows first."""
    return populations(Path(os.environ.get("CULTURE_CACHE", REPOSITORY / CACHE)))[0]


class Visitor:
    """A reader with a fresh browser window: opens views of the dashboard and waits until they are drawn."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def open(self, view: str = "", *, grids: bool = True) -> Page:
        """Open a view; `grids` says that it has some, to be waited for."""
        self.page.goto(f"{self.address}/{view}")
        self.page.locator("h1").first.wait_for()
        self.page.wait_for_selector(READY)
        if grids:
            self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the script has run and every grid board is drawn."""
        self.page.wait_for_timeout(150)
        self.page.wait_for_selector(READY)
        self.page.wait_for_function(ALL_DRAWN)

    def board(self, nth: int = 0):
        """A locator of the nth grid board on the page."""
        return self.page.get_by_test_id("stBidiComponentIsolated").nth(nth)


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(60_000)
    yield Visitor(context.new_page(), server)
    context.close()
