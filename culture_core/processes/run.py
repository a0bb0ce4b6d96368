"""One way to run jobs, wherever they run."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from culture_core.processes.pool import Pool
from culture_core.processes.workers import RAY, Workers

Job = TypeVar("Job")
Result = TypeVar("Result")
Report = Callable[[Any], None]


def run_jobs(
    function: Callable[[Job, Report], Result],
    jobs: Sequence[Job],
    workers: Workers,
    *,
    show: Report = print,
    finished: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """The results of function(job, report) for every job, in order.

    function, jobs and results must be picklable. workers: where they run; a single local worker is this very
    process, with as many threads as torch is set to here. show: gets, in this process, what the jobs report.
    finished: called with the number of each finished job.
    Errors: what a job raises, after the jobs already begun have ended; CultureError when a worker is killed.
    KeyboardInterrupt (Ctrl-C, or a signal that `ending_at_signals` turns into it) ends all workers within two
    seconds; no further job begins.
    """
    if not jobs:
        return []
    n_workers = workers.count(len(jobs))
    if workers.engine == RAY:
        from culture_core.processes.cluster import run_on_cluster

        return run_on_cluster(function, jobs, workers, show, finished)
    if n_workers == 1:
        return _here(function, jobs, workers.threads, show, finished)
    with Pool(function, n_workers, workers.threads or 1) as pool:
        return pool.run(jobs, show, finished)


def _here(
    function: Callable[[Job, Report], Result],
    jobs: Sequence[Job],
    threads: int | None,
    show: Report,
    finished: Callable[[int], None],
) -> list[Result]:
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    results = []
    for place, job in enumerate(jobs):
        results.append(function(job, show))
        finished(place)
    return results
