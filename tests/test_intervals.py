import numpy as np
import pytest
from scipy.stats import binomtest, t

from culture_core.intervals import design_effect, mean_interval, wilson_interval


@pytest.mark.parametrize(("hits", "total"), [(0, 10), (7, 10), (10, 10), (950, 1000)])
def test_wilson_interval_matches_scipy(hits, total):
    expected = binomtest(hits, total).proportion_ci(method="wilson")
    assert wilson_interval(hits, total) == pytest.approx((expected.low, expected.high))


def test_intervals_of_nothing_are_everything():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert mean_interval(0.5, 0.1, 0) == mean_interval(0.9, 0.0, 1) == (0.0, 1.0)


@pytest.mark.parametrize("total", [5, 8, 25, 250, 2000])
def test_mean_interval_is_students(total):
    low, high = mean_interval(0.5, 0.01, total)
    assert (high - low) / 2 == pytest.approx(t.ppf(0.975, total - 1) * 0.1 / total**0.5, rel=2e-3)


def test_values_that_come_four_times_count_once():
    once = np.random.default_rng(0).random(500)
    assert design_effect(np.tile(once, 4), np.tile(np.arange(500), 4)) == pytest.approx(4, rel=0.01)
    assert design_effect(once, np.arange(500)) == 1.0
    assert design_effect(np.ones(8), np.tile(np.arange(2), 4)) == 1.0
    assert design_effect(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0, 0, 1, 1])) == 1.0, "never below one"


def test_intervals_of_clustered_shares_hold_as_often_as_they_say():
    generator, covered, plain, share = np.random.default_rng(1), 0, 0, 0.6
    for _ in range(400):
        right = generator.random(110) < share
        values = np.where(generator.random((4, 110)) < 0.7, right, generator.random((4, 110)) < share).ravel()
        hits, n = int(values.sum()), values.size
        times = design_effect(values, np.tile(np.arange(110), 4))
        covered += holds(wilson_interval(hits / times, n / times), share)
        plain += holds(wilson_interval(hits, n), share)
    assert covered >= 370 and plain < 340, (covered, plain)


def holds(interval, value):
    return interval[0] <= value <= interval[1]
