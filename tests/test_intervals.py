import pytest
from scipy.stats import binomtest

from culture_core.intervals import mean_interval, wilson_interval


@pytest.mark.parametrize(("hits", "total"), [(0, 10), (7, 10), (10, 10), (950, 1000)])
def test_wilson_interval_matches_scipy(hits, total):
    expected = binomtest(hits, total).proportion_ci(method="wilson")
    assert wilson_interval(hits, total) == pytest.approx((expected.low, expected.high))


def test_intervals_of_nothing_are_everything():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert mean_interval(0.5, 0.1, 0) == (0.0, 1.0)


def test_mean_interval_narrows_with_the_root_of_the_count():
    low, high = mean_interval(0.5, 0.04, 100)
    assert (high - low) == pytest.approx(2 * 1.96 * 0.02, rel=1e-3)
