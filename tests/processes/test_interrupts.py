"""Ctrl-C, SIGTERM and kills in the middle of jobs: real processes, real signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("interrupted_jobs.py")
PATIENCE = 120


def start(folder: Path, job: str, workers: int, engine: str = "local") -> subprocess.Popen:
    command = [sys.executable, str(SCRIPT), str(folder), job, str(workers), engine]
    return subprocess.Popen(command, start_new_session=True)


def wait_until(condition: Callable[[], bool], process: subprocess.Popen) -> None:
    while not condition():
        assert process.poll() is None
        time.sleep(0.02)


def begun(folder: Path) -> list[Path]:
    return sorted(folder.glob("begun_*"))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]


def wait_for_the_end_of(pids: list[int]) -> None:
    """A worker that goes on for ever makes this time out."""
    end = time.monotonic() + PATIENCE
    while any(map(is_alive, pids)):
        assert time.monotonic() < end, "workers are left"
        time.sleep(0.02)


def to_group(process: subprocess.Popen) -> None:
    """Ctrl-C in a terminal reaches the command and its workers alike."""
    os.killpg(process.pid, signal.SIGINT)


def to_command(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize(("ask", "status"), [(to_group, 130), (to_command, 143)])
def test_the_first_signal_ends_all_workers_and_leaves_the_old_artifacts(tmp_path, ask, status):
    for number in range(4):
        (tmp_path / f"artifact_{number}").mkdir()
        (tmp_path / f"artifact_{number}" / "old").touch()
    process = start(tmp_path, "write", 2)
    wait_until(lambda: len(begun(tmp_path)) == 2, process)
    pids = [int(path.read_text()) for path in begun(tmp_path)]
    ask(process)
    assert process.wait(PATIENCE) == status
    assert not any(map(is_alive, pids))
    assert [path.name for path in begun(tmp_path)] == ["begun_0", "begun_1"]
    for number in range(4):
        assert [path.name for path in (tmp_path / f"artifact_{number}").iterdir()] == ["old"]
    assert not list(tmp_path.glob(".*.partial"))


def test_a_single_worker_in_the_command_itself_ends_too(tmp_path):
    process = start(tmp_path, "write", 1)
    wait_until(lambda: bool(begun(tmp_path)), process)
    assert int(begun(tmp_path)[0].read_text()) == process.pid
    to_group(process)
    assert process.wait(PATIENCE) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["begun_0"]


def test_workers_that_take_no_notice_are_killed(tmp_path):
    process = start(tmp_path, "deaf", 2)
    wait_until(lambda: len(begun(tmp_path)) == 2, process)
    pids = [int(path.read_text()) for path in begun(tmp_path)]
    to_group(process)
    assert process.wait(PATIENCE) == 130
    assert not any(map(is_alive, pids))


def test_the_second_signal_ends_a_command_that_is_still_tidying_up(tmp_path):
    process = start(tmp_path, "slow_to_end", 1)
    wait_until(lambda: bool(begun(tmp_path)), process)
    to_group(process)
    wait_until(lambda: (tmp_path / "tidying").exists(), process)
    to_group(process)
    assert process.wait(PATIENCE) == -signal.SIGINT


def test_workers_do_not_outlive_a_command_that_is_killed(tmp_path):
    process = start(tmp_path, "write", 2)
    wait_until(lambda: len(begun(tmp_path)) == 2, process)
    pids = [int(path.read_text()) for path in begun(tmp_path)]
    process.kill()
    process.wait(PATIENCE)
    wait_for_the_end_of(pids)
    assert len(begun(tmp_path)) == 2
    assert not list(tmp_path.glob(".*.partial"))


@pytest.mark.parametrize(("ask", "status"), [(to_group, 130), (to_command, 143)])
def test_the_tasks_of_a_ray_cluster_end_too(tmp_path, ask, status):
    process = start(tmp_path, "deaf", 2, "ray")
    wait_until(lambda: len(begun(tmp_path)) == 2, process)
    pids = [int(path.read_text()) for path in begun(tmp_path)]
    ask(process)
    assert process.wait(PATIENCE) == status
    wait_for_the_end_of(pids)
    assert len(begun(tmp_path)) == 2
