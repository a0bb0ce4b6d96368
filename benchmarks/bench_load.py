"""The dashboard under load: browser sessions side by side that walk through all pages.

    python benchmarks/bench_load.py --sessions 20 --seconds 120

Every session is a browser context of its own in one real Chromium. It opens the app once, by a permalink to a
page, and then reads on within it, as people do: the menu's links to other pages, and "Next" on the pages of
features, with a reader's pauses between. Prints the time from a click until the page is drawn (median, 95th
percentile), how long the first page took each, errors, the share of
the cores that server and browsers took, and the server's resident memory over time.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from bench_dashboard import CHROMIUM, FLAGS, REPOSITORY, free_port

READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
TROUBLE = '[data-testid="stException"]'
MENU = {
    "Home": "What five GPTs learn of one world",
    "Quizzes": "Quizzes and answers",
    "Features": "Features",
    "Feature": "Feature",
    "Cell view": "Cell view",
    "Universal": "Universal features",
    "Compare": "Compare two features",
    "Circuits": "Circuits",
    "Lab": "Lab",
    "Lists": "Lists and notes",
}
WITH_NEXT = ("Feature", "Universal")
STEP = "Next feature"
SHARE_OF_STEPS = 0.5
PAUSE_SECONDS = (2.0, 6.0)
PATIENCE = 30_000
MEMORY_EVERY = 10.0


@dataclass
class Log:
    """What was seen: milliseconds by what was opened, one line for each error, MB over time."""

    first: list[float] = field(default_factory=list)
    visits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0, help="counted after all have arrived")
    parser.add_argument("--arrival", type=float, default=60.0, help="seconds within which all arrive")
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
        asyncio.run(load(f"http://127.0.0.1:{port}", server.pid, args))
    finally:
        server.terminate()
        server.wait(timeout=20)


async def load(address: str, pid: int, args: argparse.Namespace) -> None:
    """Run all sessions, and print what was seen."""
    log = Log()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        await warm_up(browser, address)
        pages = await asyncio.gather(
            *(
                arrive(browser, address, args.arrival * number / args.sessions, log)
                for number in range(args.sessions)
            )
        )
        deadline = time.monotonic() + args.seconds
        server, machine = server_seconds(pid), machine_seconds()
        await asyncio.gather(
            watch_memory(pid, log, deadline),
            *(read_on(page, number, deadline, log) for number, page in enumerate(pages)),
        )
        shares = (server_seconds(pid) - server) / args.seconds, (machine_seconds() - machine) / args.seconds
        await browser.close()
    report(log, *shares)


async def warm_up(browser: Browser, address: str) -> None:
    """Wait for the server, and open Home once."""
    page = await browser.new_page()
    while True:
        try:
            await page.goto(address)
            break
        except Exception:  # Chromium's error for a refused connection
            await asyncio.sleep(0.1)
    await page.wait_for_selector("h1", timeout=60_000)
    await page.close()


async def arrive(browser: Browser, address: str, after: float, log: Log) -> Page:
    """A new session opens Home, after some seconds."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await asyncio.sleep(after)
    started = time.perf_counter()
    await page.goto(address)
    await drawn(page, MENU["Home"])
    log.first.append(milliseconds_since(started))
    return page


async def read_on(page: Page, number: int, deadline: float, log: Log) -> None:
    """One reader: goes from page to page within the app until the deadline."""
    draw = random.Random(number)
    here = "Home"
    await asyncio.sleep(draw.uniform(0, PAUSE_SECONDS[1]))
    while time.monotonic() < deadline:
        steps = here in WITH_NEXT and draw.random() < SHARE_OF_STEPS
        there = here if steps else draw.choice([name for name in MENU if name != here])
        started = time.perf_counter()
        try:
            await (step(page) if steps else follow(page, there))
            log.visits[STEP if steps else there].append(milliseconds_since(started))
            if await page.locator(TROUBLE).count():
                log.errors.append(f"{there}: an exception on the page")
        except Exception as error:  # a time-out, mostly; all are counted
            log.errors.append(f"{there}: {str(error).splitlines()[0]}")
        here = there
        await asyncio.sleep(draw.uniform(*PAUSE_SECONDS))


async def follow(page: Page, name: str) -> None:
    await page.get_by_role("link", name=name, exact=True).first.click()
    await drawn(page, MENU[name])


async def step(page: Page) -> None:
    old = page.url
    await page.get_by_role("button", name="Next").click()
    await page.wait_for_function("old => location.href !== old", arg=old)
    await page.wait_for_selector(READY)


async def drawn(page: Page, title: str) -> None:
    await page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
    await page.wait_for_selector(READY)


async def watch_memory(pid: int, log: Log, deadline: float) -> None:
    while time.monotonic() < deadline:
        log.memory.append(resident_mb(pid))
        await asyncio.sleep(MEMORY_EVERY)


def milliseconds_since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in MB (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def server_seconds(pid: int) -> float:
    """CPU seconds of a process so far (Linux)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_name[11:13])) / os.sysconf("SC_CLK_TCK")


def machine_seconds() -> float:
    """Seconds that all cores together were not idle so far (Linux)."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def report(log: Log, server_share: float, machine_share: float) -> None:
    print(f"arrivals, the whole app loaded: median {statistics.median(log.first):.0f} ms")
    for name, values in sorted(log.visits.items()):
        print(f"{name:>12}: {len(values)} visits, median {statistics.median(values):.0f} ms")
    together = sorted(value for values in log.visits.values() for value in values)
    p95 = together[int(0.95 * (len(together) - 1))]
    median = statistics.median(together)
    print(f"all: {len(together)} visits, median {median:.0f} ms, 95th percentile {p95:.0f} ms")
    print(
        f"of {os.cpu_count()} cores, {machine_share:.2f} were busy: the server {server_share:.2f}, "
        f"browsers and all else {machine_share - server_share:.2f}"
    )
    print(f"errors: {len(log.errors)}", *sorted(set(log.errors)), sep="\n  ")
    print("resident memory of the server, MB:", " ".join(f"{value:.0f}" for value in log.memory))


if __name__ == "__main__":
    main()
