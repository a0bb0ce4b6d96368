"""The dashboard under load: sessions side by side that walk through all pages.

    python benchmarks/bench_load.py --sessions 20 --browsers 3 --seconds 120

A session opens Home, then goes from page to page within the app, as people do, with a reader's pauses: by the
menu, to features at random, by "Next". Some sessions are real Chromium windows, which also draw. Drawing a
page takes a core a second or two, ten times what the server needs for it, so 20 windows on one machine
measure themselves (try --browsers 20). All others speak the same protocol to the same server over the same
web socket (`protocol_client.py`) and draw nothing.

Prints the time from request to the end of the page's script (sessions without a browser) and from a click to
the page drawn (browsers): median, 95th percentile; errors and exceptions on a page; the share of the cores
that the server took; and its resident memory over time.
"""

import argparse
import asyncio
import os
import random
import re
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as PlaywrightError
from websockets.exceptions import WebSocketException

from bench_dashboard import CHROMIUM, FLAGS, serving, spread, wait_for_server
from protocol_client import ProtocolClient

READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
TROUBLE = '[data-testid="stException"]'
# the pages of the menu, and what their titles say
MENU = {
    "Home": "What five GPTs learn of one world",
    "Quizzes": "Quizzes and answers",
    "Features": "Features",
    "Feature": r"GPT \d+ · \d+",
    "Cell view": "Cell view",
    "Universal": "Universal features",
    "Compare": "Compare two features",
    "Circuits": "Circuits",
    "Lab": "Lab",
    "Lists": "Lists and notes",
}
ADDRESSES = {"Home": "", "Cell view": "cell"}
WITH_NEXT = ("Feature", "Universal")
STEP = "Next feature"
SHARE_OF_STEPS = 0.5
PAUSE_SECONDS = (2.0, 6.0)
PATIENCE = 30_000
MEMORY_EVERY = 10.0


@dataclass
class Log:
    """What was seen: milliseconds by what was opened, one line for each error, MB over time."""

    drawn: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answered: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=3, help="how many of them are real browser windows")
    parser.add_argument("--seconds", type=float, default=120.0, help="counted after all have opened Home")
    args = parser.parse_args()
    with serving() as (host, pid):
        wait_for_server(host)
        asyncio.run(load(host, pid, args))


async def load(host: str, pid: int, args: argparse.Namespace) -> None:
    """Run all sessions, and print what was seen."""
    log = Log()
    async with async_playwright() as playwright, AsyncExitStack() as clients:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        windows = [await open_home(browser, f"http://{host}") for _ in range(args.browsers)]
        readers: list[Reader] = [BrowserReader(window, log.drawn) for window in windows]
        for _ in range(args.sessions - args.browsers):
            client = await clients.enter_async_context(ProtocolClient(f"ws://{host}"))
            readers.append(ProtocolReader(client, log.answered))
        deadline = time.monotonic() + args.seconds
        server, machine = server_seconds(pid), machine_seconds()
        await asyncio.gather(
            watch_memory(pid, log, deadline),
            *(read_on(reader, number, deadline, log.errors) for number, reader in enumerate(readers)),
        )
        shares = (server_seconds(pid) - server) / args.seconds, (machine_seconds() - machine) / args.seconds
        await browser.close()
    report(log, *shares)


async def open_home(browser: Browser, address: str) -> Page:
    """A session of its own that has opened Home."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(address)
    await drawn(page, MENU["Home"])
    return page


class Reader(Protocol):
    """One session. `times`: milliseconds by page, to be added to."""

    times: dict[str, list[float]]

    async def follow(self, name: str) -> list[str]:
        """Open a page of the menu; returns the exceptions on it."""

    async def step(self, name: str, draw: random.Random) -> list[str]:
        """Go to another feature on a page about features; returns the exceptions on it."""


@dataclass
class BrowserReader:
    """A real browser window: clicks, and waits until the page is drawn."""

    page: Page
    times: dict[str, list[float]]

    async def follow(self, name: str) -> list[str]:
        await self.page.get_by_role("link", name=name, exact=True).first.click()
        await drawn(self.page, MENU[name])
        return await self._exceptions()

    async def step(self, name: str, draw: random.Random) -> list[str]:  # noqa: ARG002
        old = self.page.url
        await self.page.get_by_role("button", name="Next").click()
        await self.page.wait_for_function("old => location.href !== old", arg=old)
        await self.page.wait_for_selector(READY)
        return await self._exceptions()

    async def _exceptions(self) -> list[str]:
        return await self.page.locator(TROUBLE).all_inner_texts()


@dataclass
class ProtocolReader:
    """A session without a browser: asks for a page, and waits for the end of its script."""

    client: ProtocolClient
    times: dict[str, list[float]]

    async def follow(self, name: str) -> list[str]:
        return await self.client.open(ADDRESSES.get(name, name.lower()))

    async def step(self, name: str, draw: random.Random) -> list[str]:
        feature = f"gpt={draw.randrange(5)}&feature={draw.randrange(2048)}"
        return await self.client.open(name.lower(), feature)


async def read_on(reader: Reader, number: int, deadline: float, errors: list[str]) -> None:
    """Go from page to page until the deadline, pausing as a reader does."""
    draw = random.Random(number)
    here = "Home"
    await asyncio.sleep(draw.uniform(0, PAUSE_SECONDS[1]))
    while time.monotonic() < deadline:
        steps = here in WITH_NEXT and draw.random() < SHARE_OF_STEPS
        there = here if steps else draw.choice([name for name in MENU if name != here])
        started = time.perf_counter()
        try:
            exceptions = await (reader.step(there, draw) if steps else reader.follow(there))
            reader.times[STEP if steps else there].append(1000 * (time.perf_counter() - started))
            errors.extend(f"{there}: {text}" for text in exceptions)
        except (PlaywrightError, WebSocketException, TimeoutError) as error:
            errors.append(f"{there}: {str(error).splitlines()[0]}")
        here = there
        await asyncio.sleep(draw.uniform(*PAUSE_SECONDS))


async def drawn(page: Page, title: str) -> None:
    await page.get_by_role("heading", name=re.compile(f"^{title}$"), level=1).wait_for()
    await page.wait_for_selector(READY)


async def watch_memory(pid: int, log: Log, deadline: float) -> None:
    while time.monotonic() < deadline:
        log.memory.append(resident_mb(pid))
        await asyncio.sleep(MEMORY_EVERY)


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
    for what, visits in (("answered by the server", log.answered), ("drawn in a browser", log.drawn)):
        print(what)
        for name, values in sorted(visits.items()):
            print(f"{name:>16}: {len(values)} visits, {spread(values)}")
        together = [value for values in visits.values() for value in values]
        if together:
            print(f"{'all':>16}: {len(together)} visits, {spread(together)}")
    print(
        f"of {os.cpu_count()} cores, {machine_share:.2f} were busy: the server {server_share:.2f}, "
        f"browsers and all else {machine_share - server_share:.2f}"
    )
    print(f"errors: {len(log.errors)}", *sorted(set(log.errors)), sep="\n  ")
    print("resident memory of the server, MB:", " ".join(f"{value:.0f}" for value in log.memory))


if __name__ == "__main__":
    main()
