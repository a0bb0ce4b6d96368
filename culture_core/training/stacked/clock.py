"""The clock by which a training of stacked GPTs is planned."""

import time
from collections.abc import Callable
from dataclasses import dataclass

_OFFSET = time.time() - time.monotonic()


def steady_time() -> float:
    """Seconds since 1970, as they pass: a clock that is set anew meanwhile changes nothing."""
    return time.monotonic() + _OFFSET


@dataclass(frozen=True)
class Clock:
    """started: time at which the budget began, by `read`, which is the time in seconds since 1970."""

    started: float
    read: Callable[[], float] = steady_time

    @property
    def now(self) -> float:
        """Seconds since the budget began."""
        return self.read() - self.started
