"""Baselines and the ceiling against exhaustive searches on dense codes."""

import numpy as np
import pytest
from universality_helpers import as_codes, dense_codes, read_tokens

from culture_core.universality.matching.baselines import best_elsewhere, best_in_reseeded


@pytest.fixture(scope="module")
def dense():
    """Three models of ten features, and two other SAEs of eight."""
    return [dense_codes(4, 10, seed) for seed in range(3)], [dense_codes(4, 8, seed) for seed in (7, 8)]


def dense_r(a, b):
    """r of features 1.. of two dense codes (feature 0 never fires)."""
    n = a.shape[2] - 1
    return np.corrcoef(read_tokens(a)[:, 1:].T, read_tokens(b)[:, 1:].T)[:n, n:]


def test_each_model_is_looked_for_in_its_own_stand_in(dense):
    models, stand_ins = dense
    stands_for = [0, 1, 0]
    best = best_elsewhere(as_codes(*models), as_codes(*stand_ins), stands_for)
    for a in range(3):
        assert not best[a, a].any()
        for b in {0, 1, 2} - {a}:
            expected = dense_r(models[a], stand_ins[stands_for[b]]).max(1)
            assert np.allclose(best[a, b, 1:], expected, atol=1e-5)
            assert best[a, b, 0] == 0


def test_another_seed_is_measured_only_for_the_models_that_have_one(dense):
    models, (reseeded, _) = dense
    best_r, mutual = best_in_reseeded(as_codes(*models), {1: as_codes(reseeded)[0]})
    r = dense_r(models[1], reseeded)
    assert np.allclose(best_r[1, 1:], r.max(1), atol=1e-5)
    assert np.array_equal(mutual[1, 1:], r.argmax(0)[r.argmax(1)] == np.arange(9))
    assert np.isnan(best_r[[0, 2]]).all()
    assert not mutual[[0, 2]].any()
    assert not mutual[1, 0]
