"""Computing the parts of indexes, on any machine.

A part is always computed on one thread, so that the index is the same everywhere, bit for bit. Two
processes of one thread are 1.4 times as fast as one process of two. Finished parts are found on disk.
"""

from collections.abc import Sequence

from tqdm import tqdm

from culture_core.features.index.job import IndexJob
from culture_core.processes import Report, Workers, run_jobs

# a worker more pays when it has this many quizzes to run; starting one takes about ten seconds
QUIZZES_PER_WORKER = 256

Work = tuple[IndexJob, range]
ALL_PARTS = (1, 1)


def make_parts(
    jobs: Sequence[IndexJob],
    *,
    shard: tuple[int, int] = ALL_PARTS,
    workers: Workers | None = None,
    progress: str | None = None,
) -> None:
    """Make all parts of these indexes that are not there yet.

    shard: (i, n) takes every n-th part from the i-th on, to make the others elsewhere. progress: the name of
    a progress bar; none is drawn without.
    Errors: CultureError when a worker is killed; the parts that were finished are kept.
    """
    for job in jobs:
        job.prepare()
    work = _share(jobs, shard)
    if not work:
        return
    quizzes = sum(len(span) for _, span in work)
    workers = (workers or Workers()).computing_on(jobs[0].device)
    with tqdm(total=quizzes, desc=progress, unit="quiz", disable=progress is None) as bar:
        run_jobs(
            _make,
            work,
            workers.at_most(quizzes // QUIZZES_PER_WORKER),
            finished=lambda place: bar.update(len(work[place][1])),
        )


def _share(jobs: Sequence[IndexJob], shard: tuple[int, int]) -> list[Work]:
    """The missing parts among every n-th of all parts; a part's share does not depend on what is there."""
    number, n_shards = shard
    everything = [(job, span) for job in jobs for span in job.spans()]
    return [(job, span) for job, span in everything[number - 1 :: n_shards] if not job.path(span).is_file()]


def _make(work: Work, _: Report) -> None:
    job, span = work
    job.make(span)
