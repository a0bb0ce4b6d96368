"""How the benchmarks take time."""

import time
from collections.abc import Callable


def fastest(
    work: Callable[[], object],
    repeats: int,
    clock: Callable[[], float] = time.process_time,
    *,
    warm_up: bool = True,
) -> float:
    """Seconds of the fastest of several calls.

    clock: CPU time of this process by default, which other processes disturb least; time.perf_counter for
    wall time. warm_up: call once more before, which is not counted.
    """
    if warm_up:
        work()
    times = []
    for _ in range(repeats):
        started = clock()
        work()
        times.append(clock() - started)
    return min(times)
