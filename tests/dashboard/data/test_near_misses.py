"""Near misses are the cells where a concept holds and a feature is silent, and nothing else."""

import numpy as np
import pytest

from culture_core.features.concepts import concept_mask
from culture_core.features.index.activations import open_activations
from dashboard.data.feature.near_misses import NearMisses, near_misses
from dashboard.data.feature.sample import sample_activations
from dashboard.data.population import indexes


def test_misses_are_held_and_silent_and_never_the_token_that_is_not_read():
    chance = np.random.default_rng(0)
    holds, fires = chance.random((2, 5, 404)) < 0.3
    holds[2] = False
    found = NearMisses.of("somewhere", holds, fires)
    for quiz in range(5):
        for position in range(404):
            expected = holds[quiz, position] and not fires[quiz, position] and position < 403
            assert found.missed[quiz, position] == expected
    n_missed = found.missed.sum(1)
    assert sorted(found.order.tolist()) == [0, 1, 3, 4]
    assert n_missed[found.order].tolist() == sorted(n_missed[found.order], reverse=True)


def test_the_sample_is_what_the_index_was_made_from(population):
    hook = population.hooks[0]
    sample = sample_activations(population, hook, 1)
    stored = open_activations(population.folder, hook, 1)
    assert sample.n_quizzes == 24
    for feature in np.flatnonzero(np.diff(stored.indptr))[:8]:
        token, value = sample.of_feature(int(feature))
        expected_token, expected = stored.of_feature(int(feature))
        assert np.array_equal(token, expected_token)
        assert value == pytest.approx(expected, rel=1e-3)


def test_the_near_misses_of_a_feature_are_those_of_its_best_concept(population):
    hook = population.hooks[0]
    grades = indexes.grades(population, hook, 1)
    feature = int(grades.table.f1.argmax())
    best = grades.of_feature(feature)[0]
    found = near_misses(population, hook, 1, feature)
    quizzes = indexes.index(population, hook, 1).quizzes
    holds = np.logical_and.reduce([concept_mask(name, quizzes) for name in best.name.split(" & ")])
    token, _ = open_activations(population.folder, hook, 1).of_feature(feature)
    holds.reshape(-1)[token] = False
    assert found.words == best.words
    assert np.array_equal(found.missed, holds & (np.arange(404) < 403))
