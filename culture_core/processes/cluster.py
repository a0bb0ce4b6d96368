"""Jobs on a Ray cluster whose machines see the same files: one that runs already, or one on this machine."""

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from culture_core.errors import CultureError
from culture_core.processes.worker import begin_worker
from culture_core.processes.workers import Workers

POLL_SECONDS = 0.5


def run_on_cluster(
    function: Callable[..., Any],
    jobs: Sequence[Any],
    workers: Workers,
    show: Callable[[Any], None],
    finished: Callable[[int], None],
) -> list[Any]:
    """One task per job; results in order, as `run_jobs` gives them.

    Errors: CultureError without Ray, and when a worker is lost; else what a job raises.
    """
    ray = _import_ray()
    threads = workers.threads or 1
    with _connected(ray, workers, len(jobs)):
        from ray.util.queue import Queue

        reports = Queue(actor_options={"num_cpus": 0})
        task = ray.remote(num_cpus=threads, num_gpus=int(workers.on_gpu), max_retries=0)(_work)
        places = {
            task.remote(function, job, threads, str(Path.cwd()), reports): n for n, job in enumerate(jobs)
        }
        try:
            return _collect(ray, places, lambda: _drain(reports, show), finished)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1]
            raise CultureError(f"a worker failed: {reason}; run the command again to continue") from None
        finally:
            for reference in places:
                ray.cancel(reference, force=True)


def _import_ray() -> Any:
    try:
        import ray
    except ImportError:
        raise CultureError("the Ray engine needs Ray: `pip install ray`, or use --engine local") from None
    return ray


@contextmanager
def _connected(ray: Any, workers: Workers, n_jobs: int) -> Iterator[None]:
    """Connected to the cluster; Ray's own handling of SIGTERM gives way to what was there before."""
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {"env_vars": {"PYTHONPATH": paths, "OMP_NUM_THREADS": str(workers.threads or 1)}}
    handler = signal.getsignal(signal.SIGTERM)
    cores = workers.count(n_jobs) * (workers.threads or 1)
    local = {} if workers.ray_address else {"num_cpus": cores, "include_dashboard": False}
    ray.init(
        address=workers.ray_address,
        runtime_env=environment,
        log_to_driver=False,
        logging_level="error",
        **local,
    )
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        ray.shutdown()


def _collect(
    ray: Any, places: dict[Any, int], drain: Callable[[], None], finished: Callable[[int], None]
) -> list[Any]:
    results: list[Any] = [None] * len(places)
    waiting = list(places)
    while waiting:
        done, waiting = ray.wait(waiting, timeout=POLL_SECONDS)
        drain()
        for reference in done:
            results[places[reference]] = ray.get(reference)
            finished(places[reference])
    drain()
    return results


def _drain(reports: Any, show: Callable[[Any], None]) -> None:
    while True:
        try:
            show(reports.get_nowait())
        except queue.Empty:
            return


def _work(function: Callable[..., Any], job: Any, threads: int, folder: str, reports: Any) -> Any:
    os.chdir(folder)
    begin_worker(threads)
    return function(job, reports.put)
