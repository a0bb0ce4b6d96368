"""Starting worker processes: fresh interpreters that neither Ctrl-C in a terminal nor its end reaches."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

_starting = threading.Lock()


def start_process(
    target: Callable[..., None], args: tuple[Any, ...], function: Callable[..., Any]
) -> BaseProcess:
    """Start target(*args) in a separate process. function: the work that it is for.

    An interrupt is for the process that started it, which tells its workers to end.
    """
    process = get_context("spawn").Process(target=target, args=args)
    with _starting, _without_main(function), _interrupts_blocked():
        process.start()
    return process


@contextmanager
def _without_main(function: Callable[..., Any]) -> Iterator[None]:
    """Keep multiprocessing from running the main module again in the new process, unless the work is defined
    there: a page of Streamlit or an unguarded script is not to be run twice."""
    while isinstance(function, partial):
        function = function.func
    names = () if function.__module__ == "__main__" else ("__spec__", "__file__")
    main = vars(sys.modules["__main__"])
    hidden = {name: main.pop(name) for name in names if name in main}
    main.setdefault("__spec__", None)
    try:
        yield
    finally:
        main.update(hidden)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Hold back what a terminal sends to all of a group, at Ctrl-C and when it is closed; a process that is
    started meanwhile never gets it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it unblocks SIGINT when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGHUP])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_processes(processes: list[BaseProcess], patience: float) -> None:
    """End processes: ask, and make those that are still there after `patience` seconds, or at once when that
    wait is interrupted."""
    for process in processes:
        process.terminate()
    try:
        _wait(processes, patience)
    finally:
        for process in processes:
            process.kill()
            process.join()


def _wait(processes: list[BaseProcess], seconds: float) -> None:
    from multiprocessing import connection
    from time import monotonic

    deadline = monotonic() + seconds
    while (
        alive := [process.sentinel for process in processes if process.is_alive()]
    ) and monotonic() < deadline:
        connection.wait(alive, deadline - monotonic())
