"""Workers that are asked to stop and finish first: those of a training, which write a checkpoint."""

import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

from culture_core.errors import CultureError
from culture_core.processes.starting import start_process
from culture_core.processes.worker import follow_parent

POLL_SECONDS = 0.2


def run_until_asked(function: Callable[[Any], None], jobs: Sequence[Any], watch: Callable[[], None]) -> bool:
    """Run function(job) in a process per job until all have ended; returns whether all ended well.

    KeyboardInterrupt, or the failure of one, asks all of them to end (SIGTERM, which function must heed), and
    they are waited for. watch: called five times a second.
    """
    processes: list[BaseProcess] = []
    try:
        for job in jobs:
            processes.append(start_process(_work, (function, job), function))
        _follow(processes, watch)
    finally:
        _ask(processes)
    return not any(map(_failed, processes))


def _follow(processes: Sequence[BaseProcess], watch: Callable[[], None]) -> None:
    """Wait for all to end; ask them to when one has failed, or at KeyboardInterrupt."""
    is_asked = False
    while True:
        try:
            alive = [process for process in processes if process.is_alive()]
            if is_asked or any(map(_failed, processes)):
                _ask(alive)
            if not alive:
                return
            watch()
            connection.wait([process.sentinel for process in alive], POLL_SECONDS)
        except KeyboardInterrupt:
            is_asked = True


def _failed(process: BaseProcess) -> bool:
    """Whether it has ended badly; one that was asked to end before it could heed that has not."""
    return process.exitcode not in (None, 0, -signal.SIGTERM)


def _ask(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.terminate()


def _work(function: Callable[[Any], None], job: Any) -> None:
    follow_parent(None)
    try:
        function(job)
    except CultureError as error:
        print(f"culture: error: {error}", file=sys.stderr, flush=True)
        sys.exit(2)
