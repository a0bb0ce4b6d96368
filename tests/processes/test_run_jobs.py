"""Work for several GPTs side by side."""

import os
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from culture_core.errors import CultureError
from culture_core.processes import Workers, run_jobs


def double(job, report):
    report((job, os.getpid()))
    return 2 * job


def die(*_):
    os._exit(3)


def fail(folder, job, _):
    (folder / str(job)).touch()
    if job == 0:
        raise CultureError("job 0 cannot be done")
    time.sleep(0.1)
    return job


class OfItsOwn(Exception):
    def __init__(self):
        super().__init__(threading.Lock())


def fail_unpicklably(*_):
    raise OfItsOwn


def nested(job, _):
    return run_jobs(double, [job, job + 1], Workers(2), show=lambda _: None), os.getpid()


def test_a_single_worker_works_in_this_process():
    shown = []
    assert run_jobs(double, [3, 4], Workers(1), show=shown.append) == [6, 8]
    assert shown == [(3, os.getpid()), (4, os.getpid())]


def test_two_workers_give_results_in_order_and_their_reports():
    shown, finished = [], []
    assert run_jobs(double, [5, 1, 4], Workers(2), show=shown.append, finished=finished.append) == [10, 2, 8]
    assert sorted(job for job, _ in shown) == [1, 4, 5]
    assert os.getpid() not in {process for _, process in shown}
    assert sorted(finished) == [0, 1, 2]


def _threads(*_):
    import torch
    from threadpoolctl import threadpool_info

    return torch.get_num_threads(), [
        pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"
    ]


def test_workers_have_as_many_threads_in_numpy_products_as_in_torch():
    for torch_threads, blas_threads in run_jobs(_threads, [0, 1], Workers(2, threads=1), show=lambda _: None):
        assert torch_threads == 1
        assert blas_threads and set(blas_threads) == {1}


def test_a_worker_that_dies_is_one_line():
    with pytest.raises(CultureError, match="a worker was killed"):
        run_jobs(die, [1, 2], Workers(2))


def test_no_further_job_begins_after_one_that_failed(tmp_path):
    with pytest.raises(CultureError, match="job 0 cannot be done"):
        run_jobs(partial(fail, tmp_path), [0], Workers(1))
    with pytest.raises(CultureError, match="job 0 cannot be done"):
        run_jobs(partial(fail, tmp_path), range(60), Workers(2))
    assert len(list(tmp_path.iterdir())) < 60


def test_an_error_that_cannot_be_pickled_is_told_in_words():
    with pytest.raises(RuntimeError, match="OfItsOwn"):
        run_jobs(fail_unpicklably, [1, 2], Workers(2))


def test_the_jobs_of_a_worker_stay_in_it():
    shown = run_jobs(nested, [1, 5], Workers(2))
    assert [results for results, _ in shown] == [[2, 4], [10, 12]]


def test_a_script_without_a_guard_is_run_once(tmp_path):
    (tmp_path / "work.py").write_text("def double(job, report):\n    return 2 * job\n")
    script = tmp_path / "script.py"
    script.write_text(
        "from culture_core.processes import Workers, run_jobs\n"
        "from work import double\n"
        "print(run_jobs(double, [1, 2], Workers(2)))\n"
    )
    run = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert run.stdout == "[2, 4]\n"


def test_no_jobs_are_no_work():
    assert run_jobs(double, [], Workers(2)) == []


def test_ray_gives_the_same_results_and_reports():
    shown, finished = [], []
    workers = Workers(2, engine="ray")
    assert run_jobs(double, [5, 1, 4], workers, show=shown.append, finished=finished.append) == [10, 2, 8]
    assert sorted(job for job, _ in shown) == [1, 4, 5]
    assert os.getpid() not in {process for _, process in shown}
    assert sorted(finished) == [0, 1, 2]


def test_ray_raises_what_a_job_raises(tmp_path):
    with pytest.raises(CultureError, match="job 0 cannot be done"):
        run_jobs(partial(fail, tmp_path), [0, 1], Workers(2, engine="ray"))
