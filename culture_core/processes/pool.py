"""Worker processes on this machine."""

from collections.abc import Callable, Sequence
from multiprocessing import Pipe, connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from culture_core.errors import CultureError
from culture_core.processes.starting import end_processes, start_process
from culture_core.processes.worker import DONE, REPORT, STOP_SECONDS, WorkerTraceback, serve

KILLED = "a worker was killed; run the same command again to continue"


class Pool:
    """Processes that do one job at a time each; they end with the block, whatever they are at."""

    def __init__(self, function: Callable[..., Any], n_workers: int, threads: int) -> None:
        self._function, self._n_workers, self._threads = function, n_workers, threads
        self._processes: list[BaseProcess] = []
        self._pipes: list[Any] = []

    def __enter__(self) -> "Pool":
        try:
            for _ in range(self._n_workers):
                ours, theirs = Pipe()
                self._pipes.append(ours)
                args = (theirs, self._function, self._threads)
                self._processes.append(start_process(serve, args, self._function))
                theirs.close()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        end_processes(self._processes, STOP_SECONDS)
        for pipe in self._pipes:
            pipe.close()

    def run(
        self, jobs: Sequence[Any], show: Callable[[Any], None], finished: Callable[[int], None]
    ) -> list[Any]:
        """Do the jobs; their results, in order."""
        waiting = list(enumerate(jobs))[::-1]
        results: list[Any] = [None] * len(jobs)
        at_work: dict[Any, int] = {}
        failure: BaseException | None = None

        def hand_out(pipe: Any) -> None:
            if waiting and failure is None:
                at_work[pipe], job = waiting.pop()
                _send(pipe, job)

        for pipe in self._pipes:
            hand_out(pipe)
        while at_work:
            for pipe in connection.wait(list(at_work)):
                kind, value = _receive(pipe)
                if kind == REPORT:
                    show(value)
                    continue
                place = at_work.pop(pipe)
                if kind == DONE:
                    results[place] = value
                    finished(place)
                    hand_out(pipe)
                else:
                    failure = failure or _error(*value)
        if failure is not None:
            raise failure
        return results


def _send(pipe: Connection, job: Any) -> None:
    try:
        pipe.send(job)
    except (BrokenPipeError, ConnectionError):
        raise CultureError(KILLED) from None


def _receive(pipe: Any) -> tuple[str, Any]:
    try:
        return pipe.recv()
    except (EOFError, ConnectionError):
        raise CultureError(KILLED) from None


def _error(error: BaseException, where: str) -> BaseException:
    error.__cause__ = WorkerTraceback(f"\n{where}")
    return error
