"""What a command does when it is asked to stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

# a terminal that is closed sends SIGHUP, where there is such a signal
STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@dataclass
class Asked:
    """Which signal asked this process to stop."""

    number: int = signal.SIGINT

    @property
    def status(self) -> int:
        """The exit status of a command that it ended, as a shell reports it."""
        return 128 + self.number


@contextmanager
def ending_at_signals() -> Iterator[Asked]:
    """Raise KeyboardInterrupt in the block at the first signal that asks to stop; a second ends the process.

    Signals that are ignored (as under nohup) stay so; in a thread other than the main one nothing is changed.
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    heeded = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]

    def stop(number: int, _: Any) -> NoReturn:
        asked.number = number
        for each in heeded:
            signal.signal(each, signal.SIG_DFL)
        raise KeyboardInterrupt

    for number in heeded:
        signal.signal(number, stop)
    try:
        yield asked
    finally:
        for number in heeded:
            signal.signal(number, before[number])
