import time

import pytest

from culture_core.training.stacked.clock import Clock
from culture_core.training.stacked.schedule import ClockSchedule, average_blend


def test_rate_rises_with_quizzes_stays_and_falls_with_time():
    schedule = ClockSchedule(first=20.0, last=120.0, decay_share=0.3, warmup=100)
    assert schedule.rate(21.0, 10) == pytest.approx(0.1)
    assert schedule.rate(50.0, 100) == schedule.rate(89.9, 5000) == 1.0
    assert schedule.rate(105.0, 5000) == pytest.approx(0.5)
    assert schedule.rate(120.0, 5000) == schedule.rate(500.0, 5000) == 0.0


def test_no_warm_up_and_no_decay_leave_the_full_rate_to_the_end():
    schedule = ClockSchedule(first=0.0, last=10.0, decay_share=0.0, warmup=0)
    assert schedule.rate(0.0, 0) == schedule.rate(9.9, 0) == 1.0


def test_average_is_over_a_share_of_the_steps_so_far():
    assert average_blend(1, 0.02) == average_blend(50, 0.02) == 1.0
    assert average_blend(5000, 0.02) == pytest.approx(0.01)


def test_setting_the_machine_s_clock_does_not_end_a_run(monkeypatch):
    started = time.time()
    monkeypatch.setattr(time, "time", lambda: started + 3600)
    assert 0 <= Clock(started).now < 60
