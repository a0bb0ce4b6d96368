"""Who makes the parts of indexes: this process, several processes side by side, or a Ray cluster.

A part is made on one thread whoever makes it, so that the index comes out the same, bit for bit. Two
processes of one thread are 1.4 times as fast as one process of two. A worker process is this package's own
`culture index --shard`, on its share of the parts; finished parts are found on disk.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

import culture_core
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError
from culture_core.features.index.job import IndexJob
from culture_core.features.index.quiz_set import QuizSet
from culture_core.training.hardware import n_cores

LOCAL, RAY = "local", "ray"
ENGINES = (LOCAL, RAY)
# a process more pays when it has this many quizzes to run; starting one takes about ten seconds
QUIZZES_A_WORKER = 256
POLL_SECONDS = 0.5
# set in worker processes, which end when the process that started them is gone
WORKER_VARIABLE = "CULTURE_INDEX_WORKER"

Work = tuple[IndexJob, range]
Report = Callable[[int], Any]


def make_parts(
    jobs: Sequence[IndexJob],
    *,
    shard: tuple[int, int] = (1, 1),
    engine: str = LOCAL,
    workers: int | None = None,
    address: str | None = None,
    progress: str | None = None,
) -> None:
    """Make all missing parts of these indexes.

    shard: (i, n) takes every n-th part from the i-th on, to run the others elsewhere. workers: processes at
    most (default: one per core). address: of a running Ray cluster, which must see the same files (default:
    one on this machine). progress: the name of a progress bar; none is drawn without.
    Errors: CultureError when a worker fails; what it had finished is kept.
    """
    for job in jobs:
        job.prepare()
    if not jobs:
        return
    work = _share(jobs, shard)
    quizzes = sum(len(span) for _, span in work)
    workers = min(workers or n_cores(), max(1, quizzes // QUIZZES_A_WORKER))
    with tqdm(total=quizzes, desc=progress, unit="quiz", disable=progress is None) as bar:
        if engine == RAY:
            _on_ray(work, workers, address, bar.update)
        elif workers == 1 or shard != (1, 1) or not all(map(_by_command, jobs)):
            _here(work, bar.update)
        else:
            _beside(jobs, work, workers, bar.update)


def _share(jobs: Sequence[IndexJob], shard: tuple[int, int]) -> list[Work]:
    """The missing parts among every n-th of all parts; a part's share does not depend on what is there."""
    number, n_shards = shard
    everything = [(job, span) for job in jobs for span in job.spans()]
    return [(job, span) for job, span in everything[number - 1 :: n_shards] if not job.path(span).is_file()]


def _here(work: Sequence[Work], report: Report) -> None:
    parent = os.getppid()
    for job, span in work:
        if WORKER_VARIABLE in os.environ and os.getppid() != parent:
            raise CultureError("the command that started this worker has ended")
        job.make(span)
        report(len(span))


def _beside(jobs: Sequence[IndexJob], work: Sequence[Work], workers: int, report: Report) -> None:
    """One process a share of the parts; this one watches the files appear."""
    waiting = {job.path(span): len(span) for job, span in work}
    with _processes(jobs, workers) as processes:
        while waiting:
            codes = [process.poll() for process, _ in processes]
            done = [path for path in waiting if path.is_file()]
            report(sum(waiting.pop(path) for path in done))
            for (_, errors), code in zip(processes, codes, strict=True):
                if code or (waiting and all(each == 0 for each in codes)):
                    raise CultureError(
                        f"a worker failed: {_last_line(errors)}; run the command again to go on"
                    )
            time.sleep(POLL_SECONDS if waiting else 0)


@contextmanager
def _processes(
    jobs: Sequence[IndexJob], workers: int
) -> Iterator[list[tuple["subprocess.Popen[bytes]", IO[bytes]]]]:
    """Worker processes, each with the file its messages go to; ended when the block ends."""
    started: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []
    try:
        for number in range(1, workers + 1):
            errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
            command = _command(jobs, f"{number}/{workers}")
            process = subprocess.Popen(command, env=_environment(), stdout=errors, stderr=errors)
            started.append((process, errors))
        yield started
    finally:
        for process, errors in started:
            process.terminate()
            process.wait()
            errors.close()


def _by_command(job: IndexJob) -> bool:
    """Whether the options of `culture index` can express a job."""
    return job.device == "cpu" and job.quiz_set == QuizSet(job.quiz_set.n, job.quiz_set.seed)


def _command(jobs: Sequence[IndexJob], shard: str) -> list[str]:
    """The command that makes a shard of these jobs, which differ in their GPT alone."""
    job = jobs[0]
    options = {
        "--population": job.population.root,
        "--hook": job.hook,
        "--models": ",".join(str(each.model_k) for each in jobs),
        "--variant": job.variant or "trained",
        "--n": job.quiz_set.n,
        "--seed": job.quiz_set.seed,
        "--batch-size": job.batch_size,
        "--part-size": job.part_size,
        "--shard": shard,
        "--threads": 1,
    }
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "culture_core", "index", *words]


def _environment() -> dict[str, str]:
    """This process's, with one thread per worker and this very package to import."""
    package = str(Path(culture_core.__file__).parents[1])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", WORKER_VARIABLE: str(os.getpid())}


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it was killed"


def _on_ray(work: Sequence[Work], workers: int, address: str | None, report: Report) -> None:
    """One Ray task a part, on a cluster that sees the same files."""
    try:
        import ray
    except ImportError:
        raise CultureError("the Ray engine needs Ray: `pip install ray`, or use --engine local") from None
    environment = {"env_vars": {"PYTHONPATH": _environment()["PYTHONPATH"], "OMP_NUM_THREADS": "1"}}
    local = {} if address else {"num_cpus": workers, "include_dashboard": False}
    ray.init(address=address, runtime_env=environment, log_to_driver=False, logging_level="error", **local)
    try:
        task = ray.remote(num_cpus=1)(_make)
        waiting = {task.remote(_absolute(job), span): len(span) for job, span in work}
        while waiting:
            done, _ = ray.wait(list(waiting))
            ray.get(done)
            report(sum(waiting.pop(reference) for reference in done))
    except ray.exceptions.RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise CultureError(f"a worker failed: {reason}; run the command again to go on") from None
    finally:
        ray.shutdown()


def _make(job: IndexJob, span: range) -> None:
    job.make(span)


def _absolute(job: IndexJob) -> IndexJob:
    """A job whose paths hold in any working folder."""
    return replace(job, population=PopulationFolder(job.population.root.absolute()))
