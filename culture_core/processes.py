"""Doing the same work for several GPTs side by side, a process each.

A model this small is faster on one thread than shared between two, so that two processes of one thread use
two cores best.
"""

import os
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from typing import Any, TypeVar

from culture_core.errors import CultureError
from culture_core.memory import keep_freed_memory

Job = TypeVar("Job")
Result = TypeVar("Result")
Report = Callable[[Any], None]

POLL_SECONDS = 0.5

_reports: Any = None


def run_jobs(
    function: Callable[[Job, Report], Result],
    jobs: Sequence[Job],
    n_workers: int,
    *,
    threads: int | None = None,
    show: Report = print,
) -> list[Result]:
    """The results of function(job, report) for every job, in order, from up to n_workers processes.

    function, jobs and results must be picklable. threads: of torch, in each worker; when None, one in a
    process of its own, and what torch is set to in this one, where a single worker works. show: gets, in this
    process, what the jobs report.
    Errors: what a job raises, after the jobs already begun have ended; CultureError when a worker is killed.
    """
    if min(n_workers, len(jobs)) <= 1:
        if threads is not None:
            _use_threads(threads)
        return [function(job, show) for job in jobs]
    context = get_context("spawn")
    reports = context.Queue()
    with ProcessPoolExecutor(
        min(n_workers, len(jobs)), context, initializer=_begin_worker, initargs=(reports, threads or 1)
    ) as pool:
        futures = [pool.submit(_work, function, job) for job in jobs]
        try:
            _follow(futures, reports, show)
            return [future.result() for future in futures]
        except BrokenProcessPool:
            raise CultureError("a worker was killed; the same command again goes on") from None
        finally:
            pool.shutdown(cancel_futures=True)
            _drain(reports, show)


def _follow(futures: Sequence[Future], reports: Any, show: Report) -> None:
    """Show reports until all jobs are done or one has failed."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
        _drain(reports, show)
        if any(future.exception() for future in done):
            return


def _drain(reports: Any, show: Report) -> None:
    while True:
        try:
            show(reports.get_nowait())
        except queue.Empty:
            return


def _begin_worker(reports: Any, threads: int) -> None:
    global _reports
    _reports = reports
    _use_threads(threads)
    keep_freed_memory()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _use_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


def _end_with_parent() -> None:
    """Leave no worker behind when the command itself is killed."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _work(function: Callable[[Job, Report], Result], job: Job) -> Result:
    return function(job, _reports.put)
