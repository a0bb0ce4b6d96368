"""The curve of universality and the sentence beside it count the same features."""

import numpy as np
import pytest

from dashboard.components.matches.distribution import conclusion_words
from dashboard.data.population import indexes
from dashboard.data.universal import universality
from dashboard.data.universal.distributions import STEPS, Distribution, universality_distribution


def test_shares_are_of_the_features_at_or_above_each_r():
    chance = np.random.default_rng(0)
    found = Distribution({0: chance.random(50), 3: chance.random(70)}, {})
    for step in (0, 25, 50, 99):
        r = step / (STEPS - 1)
        expected = [(values >= r).mean() for values in found.by_gpt.values()]
        assert found.at_least[:, step] == pytest.approx(expected, abs=1e-6)
        assert found.share(r) == pytest.approx(np.mean(expected))
    assert found.baseline_at_least is None


def test_the_baseline_is_the_highest_of_those_measured_for_each_feature_that_fires(population):
    hook = population.hooks[0]
    found = universality_distribution(population, hook)
    matches = universality.matches(population, hook)
    for k in population.models:
        fires = ~indexes.index(population, hook, k).table.dead.to_numpy()
        each = [by_model[k][fires] for by_model in matches.baselines.values()]
        assert found.baseline[k] == pytest.approx(np.maximum.reduce(each))
        assert len(found.by_gpt[k]) == fires.sum()


def test_the_conclusion_compares_with_the_baseline():
    matched = {0: np.array([0.9, 0.6, 0.1, 0.2])}
    assert "25%" not in conclusion_words(Distribution(matched, {}))
    assert "No baseline" in conclusion_words(Distribution(matched, {}))
    few = Distribution(matched, {0: np.array([0.6] + [0.1] * 9)})
    assert conclusion_words(few) == (
        "**50% of the features** reach r 0.5 or more in the other GPTs, on average, 5 times as many as in "
        "the highest baseline (10.0%)."
    )
    most = Distribution(matched, {0: np.array([0.6, 0.6, 0.1])})
    assert conclusion_words(most).endswith("on average; in the highest baseline 66.7% do.")
