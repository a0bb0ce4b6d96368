import numpy as np
import pytest
from scipy import stats

from culture_core.comparison.excess import BY_CHANCE, SAME, with_excess
from culture_core.comparison.pairs import interval, pair_mean, summary, symmetric
from culture_core.comparison.tables import measure_rows
from culture_core.intervals import jackknife_interval, sum_interval, wilson_interval


def pair_values(m, spread, seed):
    """Values whose GPTs have effects of their own, so that pairs with a GPT in common go together."""
    generator = np.random.default_rng(seed)
    effect = generator.normal(0, spread, m)
    noise = symmetric(generator.normal(0, 0.1, (m, m)))
    return effect[:, None] + effect + noise


def test_jackknife_of_a_mean_is_the_interval_of_student():
    values = np.random.default_rng(0).normal(3, 2, 12)
    without = [np.delete(values, k).mean() for k in range(12)]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert jackknife_interval(values.mean(), without) == pytest.approx((expected.low, expected.high))


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(400):
        low, high = interval(pair_values(5, 1.0, seed))
        covered += low <= 0 <= high
    assert covered / 400 > 0.92


def test_pairs_taken_as_independent_would_promise_too_much():
    covered = 0
    for seed in range(400):
        upper = pair_values(5, 1.0, seed)[np.triu_indices(5, 1)]
        bounds = stats.ttest_1samp(upper, 0).confidence_interval(0.95)
        covered += bounds.low <= 0 <= bounds.high
    assert covered / 400 < 0.85


def test_a_summary_names_every_pair_by_id():
    values = symmetric(np.arange(9).reshape(3, 3).astype(float))
    found = summary(values, [4, 7, 9])
    assert [(pair["a"], pair["b"]) for pair in found["pairs"]] == [(4, 7), (4, 9), (7, 9)]
    assert found["mean"] == pytest.approx(np.mean([values[0, 1], values[0, 2], values[1, 2]]))


def test_pairs_without_a_value_do_not_count():
    values = np.full((4, 4), np.nan)
    assert summary(values, [0, 1, 2, 3])["mean"] is None
    values[0, 1] = values[1, 0] = 0.25
    assert pair_mean(values) == 0.25
    assert interval(values) is None


def test_two_gpts_have_a_mean_and_no_interval():
    assert interval(np.ones((2, 2))) is None


def test_the_interval_of_a_sum_with_a_constant_is_that_of_the_other_part():
    low, high = wilson_interval(3, 40)
    assert sum_interval((3 / 40, 0.5), ((low, high), (0.5, 0.5))) == pytest.approx((0.5 + low, 0.5 + high))


def test_same_answers_above_chance_are_derived_for_a_comparison_kept_without_them():
    rng = np.random.default_rng(0)
    values = {name: [symmetric(rng.random((3, 3))) for _ in range(2)] for name in (SAME, BY_CHANCE)}
    populations = [
        {
            "name": name,
            "models": [0, 1, 4],
            "pairs": {f"world.{one}": summary(values[one][place], [0, 1, 4]) for one in values},
        }
        for place, name in enumerate(("before", "after"))
    ]
    difference = {"name": "after", "from": "before", "pairs": {"world.same_by_chance": {}}}
    found = with_excess({"populations": populations, "differences": [difference]})
    excess = [same - chance for same, chance in zip(values[SAME], values[BY_CHANCE], strict=True)]
    for one, whole in zip(found["populations"], excess, strict=True):
        assert one["pairs"]["world.same_excess"]["mean"] == pytest.approx(pair_mean(whole), abs=2e-6)
        assert list(one["pairs"])[-1] == "world.same_excess"
    change = found["differences"][0]["pairs"]["world.same_excess"]
    assert change["mean"] == pytest.approx(pair_mean(excess[1] - excess[0]), abs=4e-6)
    assert change["interval"] == pytest.approx(interval(excess[1] - excess[0]), abs=2e-5)


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ("same", "1.0% (0.0% to 3.0%)"),
        ("same_excess", "1.0% (-1.0% to 3.0%)"),
        ("cka", "0.010 (-0.010 to 0.030)"),
    ],
)
def test_intervals_stay_in_the_range_of_their_measure(measure, told):
    pairs = {f"world.{measure}": {"mean": 0.01, "interval": [-0.01, 0.03]}}
    (row,) = measure_rows({"populations": [{"name": "one", "pairs": pairs}]})
    assert row["one"] == told
