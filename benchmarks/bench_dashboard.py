"""How fast the dashboard is, through the real server and a real Chromium.

    python benchmarks/bench_dashboard.py

Prints the time from starting the server to the first page drawn (median of some starts), then the first
visit of every page, then warm steps from feature to feature (median and 95th percentile), warm orders of the
features table and edits of a quiz in the Lab, beside the floor: a page of the same server that draws nothing.
Then the server's share: CPU time of the script of a feature page and of the features table. The limits are
those of docs/experiments/performance.md.
"""

import argparse
import math
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, Playwright, sync_playwright
from streamlit.testing.v1 import AppTest

from timing import fastest

REPOSITORY = Path(__file__).parents[1]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# the first component that draws grids or a table
BOARD = (
    "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
    ".map(component => component.shadowRoot).find(root => root?.querySelector('canvas, tbody'))"
)
SETTLED = "document.querySelector('[data-test-script-state=notRunning]')"
DRAWN = (
    f"old => {{ const board = {BOARD}; "
    "return board?.querySelector('canvas')?.width > 20 && board.textContent !== old }"
)
LISTED = f"() => {SETTLED} && {BOARD}?.querySelectorAll('tbody tr').length > 1"
NOTED = f"() => {SETTLED} && document.querySelector('h1')?.innerText === 'Lists and notes'"
READY = {"features": LISTED, "lists": NOTED}
FEATURES = [{"gpt": "0", "feature": str(feature)} for feature in range(21)]
ORDERS = [{"sort": sort, "up": up} for sort in ("max", "density", "task", "feature") for up in ("0", "1")]
PATIENCE = 120
NO_BOARDS = "feature?gpt=none"
PAGES = ("", "quizzes", "features", "feature", "universal", "compare", "lists")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def milliseconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)


def open_first(page: Page, address: str) -> None:
    """Open the first page as soon as the server answers, as `streamlit run` does, and wait for its grids."""
    wait_for_server(address)
    page.goto(f"http://{address}")
    page.wait_for_function(DRAWN, arg=None)


def wait_for_server(address: str) -> None:
    """Return when a server listens at host:port; Chromium itself would draw a page for every refusal."""
    host, port = address.split(":")
    while True:
        with socket.socket() as connection:
            if connection.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.02)


def open_view(page: Page, address: str, view: str) -> None:
    page.goto(f"{address}/{view}")
    page.wait_for_function(READY.get(view, DRAWN), arg=None)


def open_friendly(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_text("there is no GPT").first.wait_for()


def step(page: Page) -> float:
    """Milliseconds from a click on Next until the next feature's grids are drawn."""
    old = page.evaluate(f"{BOARD}.textContent")

    def click_and_wait() -> None:
        page.get_by_role("button", name="Next").click()
        page.wait_for_function(DRAWN, arg=old)

    elapsed = milliseconds(click_and_wait)
    page.wait_for_timeout(300)
    return elapsed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=20, help="warm steps a page")
    parser.add_argument("--starts", type=int, default=5, help="starts of the server")
    args = parser.parse_args()
    with sync_playwright() as playwright:
        starts = []
        for _ in range(args.starts):
            with opened_page(playwright) as page, serving() as (host, _pid):
                started = time.perf_counter()
                open_first(page, host)
                starts.append(time.perf_counter() - started)
        times = " ".join(f"{seconds:.2f}" for seconds in sorted(starts))
        print(f"server start to first page drawn: {statistics.median(starts):.2f} s ({times})")
        with serving() as (host, _pid), opened_page(playwright) as page:
            open_first(page, host)
            measure(page, f"http://{host}", args.steps)


@contextmanager
def opened_page(playwright: Playwright) -> Iterator[Page]:
    """An empty page of a Chromium that has just been started."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    yield page
    browser.close()


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """A server of the dashboard that has just been started: its host and port, its process."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/Home.py", "--server.headless", "true"]
    server = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)


def measure(page: Page, address: str, steps: int) -> None:
    floor = statistics.median(
        milliseconds(lambda: open_friendly(page, f"{address}/{NO_BOARDS}")) for _ in range(5)
    )
    print(f"floor, a page without grids: {floor:.0f} ms")
    for view in PAGES:
        first = milliseconds(lambda view=view: open_view(page, address, view))
        again = statistics.median(
            milliseconds(lambda view=view: open_view(page, address, view)) for _ in range(5)
        )
        ratio = f"({again / floor:.2f} x floor)"
        print(f"{view or 'home':>10}: first visit {first:.0f} ms, again {again:.0f} ms {ratio}")
    for view in ("feature", "universal"):
        open_view(page, address, view)
        page.wait_for_timeout(1000)
        report(f"{view}, warm Next", [step(page) for _ in range(steps)])
    open_view(page, address, "features")
    page.wait_for_timeout(1000)
    report("features, another order", [order(page) for _ in range(steps)])
    open_view(page, address, "lab")
    page.wait_for_timeout(1000)
    report("lab, a painted cell until the five answers stand", [paint(page, n) for n in range(steps)])
    for view, parameters in (("feature", FEATURES), ("features", ORDERS)):
        report(f"{view}, CPU time of the script", script_times(view, parameters))


def order(page: Page) -> float:
    """Milliseconds from a click on the head of the table until all features are shown in that order."""
    board = page.get_by_test_id("stBidiComponentIsolated").first
    old = page.evaluate(f"{BOARD}.querySelector('tbody').textContent")

    def click_and_wait() -> None:
        board.get_by_role("button", name="Density").click()
        page.wait_for_function(f"old => {BOARD}.querySelector('tbody').textContent !== old", arg=old)

    elapsed = milliseconds(click_and_wait)
    page.wait_for_timeout(300)
    return elapsed


def paint(page: Page, number: int) -> float:
    """Milliseconds from a click into the third grid of the Lab's quiz until its page has settled; each click
    makes a quiz that was not answered before."""
    grid = page.get_by_test_id("stBidiComponentIsolated").first.locator("canvas").nth(2)
    box = grid.bounding_box()
    line, column = divmod(number, 10)
    place = {"x": box["width"] * (column + 0.5) / 10, "y": box["height"] * (9.5 - line) / 10}
    old = page.url

    def click_and_wait() -> None:
        grid.click(position=place)
        page.wait_for_function("old => location.href !== old", arg=old)
        page.wait_for_function(f"() => {SETTLED}", arg=None)

    elapsed = milliseconds(click_and_wait)
    page.wait_for_timeout(300)
    return elapsed


def script_times(view: str, parameters: list[dict[str, str]]) -> list[float]:
    """Milliseconds of CPU time of the script of a view with each of some query parameters but the first."""
    app = AppTest.from_file(str(REPOSITORY / "dashboard" / "Home.py"), default_timeout=60).run()
    app.switch_page(f"views/{view}.py")
    times = []
    for chosen in parameters:
        app.query_params.clear()
        for name, value in chosen.items():
            app.query_params[name] = value
        times.append(1000 * fastest(app.run, 1, warm_up=False))
    return times[1:]


def report(what: str, times: list[float]) -> None:
    print(f"{what}: {spread(times)}")


def spread(times: list[float]) -> str:
    p95 = sorted(times)[math.ceil(0.95 * (len(times) - 1))]
    return f"median {statistics.median(times):.0f} ms, 95th percentile {p95:.0f} ms"


if __name__ == "__main__":
    main()
