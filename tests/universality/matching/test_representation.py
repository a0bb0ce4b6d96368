"""SVCCA, RSA and shared decoder directions against plain computations and cases with known answers."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from culture_core.universality.matching.representation import principal_scores, shared_share, similarity


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def test_a_rotated_copy_is_entirely_alike_and_its_null_is_not(generator):
    a = generator.normal(size=(300, 12))
    rotation = np.linalg.qr(generator.normal(size=(12, 12)))[0]
    found = similarity(a, a @ rotation, generator)
    assert found.pairs == 300
    assert found.svcca == pytest.approx(1, abs=1e-6)
    assert found.svcca_null < 0.4
    assert abs(found.rsa_null) < 0.05


def test_rsa_equals_spearman_of_scipys_correlation_distances(generator):
    a = generator.normal(size=(40, 9))
    b = a[:, :6] + generator.normal(size=(40, 6))
    expected = spearmanr(pdist(a, "correlation"), pdist(b, "correlation")).statistic
    assert similarity(a, b, generator).rsa == pytest.approx(expected, abs=1e-5)


def test_canonical_correlations_equal_those_of_the_least_squares_definition(generator):
    a = generator.normal(size=(60, 4))
    b = np.hstack([a[:, :2] + 0.3 * generator.normal(size=(60, 2)), generator.normal(size=(60, 2))])
    x, y = a - a.mean(0), b - b.mean(0)
    projection = np.linalg.pinv(x) @ y @ np.linalg.pinv(y) @ x
    expected = np.sqrt(np.linalg.eigvals(projection).real.clip(0)).mean()
    assert similarity(a, b, generator).svcca == pytest.approx(expected, abs=1e-6)


def test_principal_scores_keep_99_percent_of_the_variance(generator):
    a = generator.normal(size=(200, 5)) * [10, 5, 2, 0.1, 0.01]
    assert principal_scores(a).shape == (200, 3)


def test_too_few_pairs_have_no_similarity(generator):
    assert similarity(np.eye(2), np.eye(2), generator) is None


def test_shared_directions_are_counted_one_to_one(generator):
    a = np.linalg.qr(generator.normal(size=(8, 8)))[0]
    b = a[::-1].copy()
    b[0] = 0
    assert shared_share(a, b) == pytest.approx(7 / 8)
    assert shared_share(np.ones((4, 3)), np.vstack([np.ones((1, 3)), -np.ones((3, 3))])) == 0.25
