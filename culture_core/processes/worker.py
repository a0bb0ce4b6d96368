"""The worker's side: a process that does the jobs it is handed, one at a time."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from culture_core.memory import keep_freed_memory

REPORT, DONE, FAILED = "report", "done", "failed"
# how long a worker has to clean up when it is asked to stop
STOP_SECONDS = 1.0
TERMINATED = 128 + signal.SIGTERM

_is_worker = False


class WorkerTraceback(Exception):
    """Where in a worker a job failed; the cause of the error that is raised for it."""


def is_worker() -> bool:
    """Whether this process does the jobs of another."""
    return _is_worker


def begin_worker(threads: int) -> None:
    """Set this process up as a worker, whose torch and whose numpy products have `threads` threads."""
    global _is_worker
    _is_worker = True
    import numpy  # noqa: F401  its BLAS has to be there to be limited
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(threads)
    threadpool_limits(threads, user_api="blas")
    keep_freed_memory()


def serve(pipe: Connection, function: Callable[..., Any], threads: int) -> None:
    """Do each job that comes through the pipe and send back what function(job, report) reports and gives,
    until the pipe is closed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    follow_parent(STOP_SECONDS)
    begin_worker(threads)

    def report(value: Any) -> None:
        pipe.send((REPORT, value))

    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send_bytes(_answer(function, job, report))


def _answer(function: Callable[..., Any], job: Any, report: Callable[[Any], None]) -> Any:
    """The result of one job, pickled; an error that cannot be pickled is passed on as text."""
    try:
        return ForkingPickler.dumps((DONE, function(job, report)))
    except Exception as error:
        where = traceback.format_exc()
        try:
            return ForkingPickler.dumps((FAILED, (error, where)))
        except Exception:  # pickling runs code of the error's own
            return ForkingPickler.dumps((FAILED, (RuntimeError(repr(error)), where)))


def follow_parent(patience: float | None) -> None:
    """End this process when the one that started it is gone: ask it to, and `patience` seconds later make it
    (None: only ask)."""

    def wait() -> None:
        parent = parent_process()
        assert parent is not None
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        if patience is not None:
            time.sleep(patience)
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
