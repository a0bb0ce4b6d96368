"""Work for several GPTs side by side."""

import os

import pytest

from culture_core.errors import CultureError
from culture_core.processes import Workers, run_jobs


def double(job, report):
    report((job, os.getpid()))
    return 2 * job


def die(*_):
    os._exit(3)


def test_a_single_worker_works_in_this_process():
    shown = []
    assert run_jobs(double, [3, 4], Workers(1), show=shown.append) == [6, 8]
    assert shown == [(3, os.getpid()), (4, os.getpid())]


def test_two_workers_give_results_in_order_and_their_reports():
    shown = []
    assert run_jobs(double, [5, 1, 4], Workers(2), show=shown.append) == [10, 2, 8]
    assert sorted(job for job, _ in shown) == [1, 4, 5]
    assert os.getpid() not in {process for _, process in shown}


def test_a_worker_that_dies_is_one_line():
    with pytest.raises(CultureError, match="a worker was killed"):
        run_jobs(die, [1, 2], Workers(2))
