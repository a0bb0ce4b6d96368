"""The dashboard under load: browser sessions side by side that walk through all pages.

    python benchmarks/bench_load.py --sessions 20 --seconds 120

Every session is a browser context of its own in one real Chromium, and opens page after page in random order
with random features, pausing as a reader does. Prints the time from the start of a navigation until the page
is drawn (median, 95th percentile), errors, and the server's resident memory over time.
"""

import argparse
import asyncio
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from bench_dashboard import CHROMIUM, FLAGS, REPOSITORY, free_port

READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
TROUBLE = '[data-testid="stException"]'
VIEWS = tuple(sorted(path.stem for path in (REPOSITORY / "dashboard" / "views").glob("*.py")))
ABOUT_FEATURES = ("feature", "universal")
PAUSE_SECONDS = (2.0, 6.0)
MEMORY_EVERY = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0)
    args = parser.parse_args()
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/Home.py", "--server.headless", "true"]
    server = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.fileWatcherType", "none"],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        times, errors, memory = asyncio.run(load(port, server.pid, args.sessions, args.seconds))
    finally:
        server.terminate()
        server.wait(timeout=20)
    report(times, errors, memory)


async def load(
    port: int, pid: int, n_sessions: int, seconds: float
) -> tuple[dict[str, list[float]], list[str], list[float]]:
    """Run all sessions; returns milliseconds by page, errors, and the server's memory in MB over time."""
    times: dict[str, list[float]] = {view: [] for view in VIEWS}
    errors: list[str] = []
    memory: list[float] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        await warm_up(browser, port)
        deadline = time.monotonic() + seconds
        watching = asyncio.create_task(watch_memory(pid, memory, deadline))
        await asyncio.gather(
            *(session(browser, port, number, deadline, times, errors) for number in range(n_sessions))
        )
        await watching
        await browser.close()
    return times, errors, memory


async def warm_up(browser: Browser, port: int) -> None:
    """Wait for the server, and open Home once."""
    page = await browser.new_page()
    while True:
        try:
            await page.goto(f"http://127.0.0.1:{port}/")
            break
        except Exception:  # Chromium's error for a refused connection
            await asyncio.sleep(0.1)
    await page.wait_for_selector("h1", timeout=60_000)
    await page.close()


async def session(
    browser: Browser,
    port: int,
    number: int,
    deadline: float,
    times: dict[str, list[float]],
    errors: list[str],
) -> None:
    """One reader: opens pages until the deadline."""
    draw = random.Random(number)
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await asyncio.sleep(draw.uniform(0, PAUSE_SECONDS[1]))
    while time.monotonic() < deadline:
        view = draw.choice(VIEWS)
        started = time.perf_counter()
        try:
            await visit(page, f"http://127.0.0.1:{port}/{address(view, draw)}")
            times[view].append(1000 * (time.perf_counter() - started))
            if await page.locator(TROUBLE).count():
                errors.append(f"{view}: an exception on the page")
        except Exception as error:  # a time-out, mostly; all are counted
            errors.append(f"{view}: {str(error).splitlines()[0]}")
        await asyncio.sleep(draw.uniform(*PAUSE_SECONDS))
    await context.close()


async def visit(page: Page, url: str) -> None:
    await page.goto(url)
    await page.wait_for_selector("h1", timeout=30_000)
    await page.wait_for_selector(READY, timeout=30_000)


def address(view: str, draw: random.Random) -> str:
    if view in ABOUT_FEATURES:
        return f"{view}?gpt={draw.randrange(5)}&feature={draw.randrange(2048)}"
    return "" if view == "home" else view


async def watch_memory(pid: int, memory: list[float], deadline: float) -> None:
    while time.monotonic() < deadline:
        memory.append(resident_mb(pid))
        await asyncio.sleep(MEMORY_EVERY)


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in MB (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def report(times: dict[str, list[float]], errors: list[str], memory: list[float]) -> None:
    for view, values in times.items():
        if values:
            print(f"{view:>10}: {len(values)} visits, median {statistics.median(values):.0f} ms")
    together = sorted(value for values in times.values() for value in values)
    p95 = together[int(0.95 * (len(together) - 1))]
    median = statistics.median(together)
    print(f"all: {len(together)} visits, median {median:.0f} ms, 95th percentile {p95:.0f} ms")
    print(f"errors: {len(errors)}", *sorted(set(errors)), sep="\n  ")
    print("resident memory of the server, MB:", " ".join(f"{value:.0f}" for value in memory))


if __name__ == "__main__":
    main()
