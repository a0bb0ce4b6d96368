"""How fast the dashboard is, through the real server and a real Chromium.

    python benchmarks/bench_dashboard.py

Prints the time from starting the server to the first page drawn, then the first visit of every page, then
warm steps from feature to feature (median and slowest), beside the floor: a page of the same server that
draws nothing.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

REPOSITORY = Path(__file__).parents[1]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
BOARD = "document.querySelector('[data-testid=stBidiComponentIsolated]')?.shadowRoot"
DRAWN = (
    f"old => {{ const board = {BOARD}; "
    "return board?.querySelector('canvas')?.width > 20 && board.textContent !== old }"
)
NO_BOARDS = "feature?gpt=none"
PAGES = ("", "quizzes", "feature", "universal")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def milliseconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)


def open_first(page: Page, address: str) -> None:
    """Open the first page of a server that may not answer yet, and wait until its grids are drawn."""
    while True:
        try:
            page.goto(address)
            break
        except Exception:  # Chromium's error for a refused connection
            time.sleep(0.05)
    page.wait_for_function(DRAWN, arg=None)


def open_view(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(DRAWN, arg=None)


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
    args = parser.parse_args()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/Home.py", "--server.headless", "true"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        started = time.perf_counter()
        server = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            open_first(page, address)
            print(f"server start to first page drawn: {time.perf_counter() - started:.2f} s")
            measure(page, address, args.steps)
        finally:
            server.terminate()
            server.wait(timeout=20)


def measure(page: Page, address: str, steps: int) -> None:
    floor = statistics.median(
        milliseconds(lambda: open_friendly(page, f"{address}/{NO_BOARDS}")) for _ in range(5)
    )
    print(f"floor, a page without grids: {floor:.0f} ms")
    for view in PAGES:
        first = milliseconds(lambda view=view: open_view(page, f"{address}/{view}"))
        again = statistics.median(
            milliseconds(lambda view=view: open_view(page, f"{address}/{view}")) for _ in range(5)
        )
        ratio = f"({again / floor:.2f} x floor)"
        print(f"{view or 'home':>10}: first visit {first:.0f} ms, again {again:.0f} ms {ratio}")
    for view in ("feature", "universal"):
        open_view(page, f"{address}/{view}")
        page.wait_for_timeout(1000)
        times = sorted(step(page) for _ in range(steps))
        p95 = times[int(0.95 * (len(times) - 1))]
        print(f"{view:>10}: warm Next median {statistics.median(times):.0f} ms, 95th percentile {p95:.0f} ms")


if __name__ == "__main__":
    main()
