"""The clock by which a training of stacked GPTs is planned."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """started: time at which the budget began, by `read`, which is the time in seconds since 1970."""

    started: float
    read: Callable[[], float] = time.time

    @property
    def now(self) -> float:
        """Seconds since the budget began."""
        return self.read() - self.started
