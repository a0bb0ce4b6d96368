"""Threads in which GPTs are run side by side, one per core, for one reader after the other."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Condition
from typing import TypeVar

from culture_core.errors import CultureError

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_WAITING = 30
PATIENCE_SECONDS = 120.0

_workers = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="gpt")


class Turns:
    """Lets those who ask do something one by one, in the order in which they asked."""

    def __init__(self, most_waiting: int, patience_seconds: float) -> None:
        self._waiting: deque[object] = deque()
        self._first_changed = Condition()
        self._most = most_waiting
        self._patience = patience_seconds

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and keep it for the block.

        Errors: CultureError when too many wait, or after too long a wait.
        """
        ticket = object()
        with self._first_changed:
            if len(self._waiting) > self._most:
                raise _busy()
            self._waiting.append(ticket)
        try:
            with self._first_changed:
                if not self._first_changed.wait_for(lambda: self._waiting[0] is ticket, self._patience):
                    raise _busy()
            yield
        finally:
            with self._first_changed:
                self._waiting.remove(ticket)
                self._first_changed.notify_all()


_turns = Turns(MOST_WAITING, PATIENCE_SECONDS)


def side_by_side(
    work: Callable[[Item], Result], items: Sequence[Item], tell: Callable[[float], object] | None = None
) -> list[Result]:
    """The results of some work that does not touch Streamlit, as many items at a time as there are cores.

    A reader's work begins when that of those who asked before is done. tell: called with the share that is
    done, in the calling thread.
    Errors: CultureError when too many readers wait.
    """
    results = []
    with _turns.turn():
        for result in _workers.map(work, items):
            results.append(result)
            if tell is not None:
                tell(len(results) / len(items))
    return results


def in_turn(work: Callable[[], Result]) -> Result:
    """The result of some work in one thread, when the reader's turn has come; see side_by_side."""
    return side_by_side(lambda do: do(), [work])[0]


def _busy() -> CultureError:
    return CultureError("too many readers are running GPTs right now; reload this page in a minute")
