"""Correlations from sparse activations against numpy on dense ones."""

import numpy as np
import pytest
from universality_helpers import as_codes, dense_codes, quiz_tokens, read_tokens

from culture_core.universality.matching import codes, correlation
from culture_core.universality.matching.confounds import Confounds, Residuals
from culture_core.universality.matching.correlation import partial_r, pearson
from culture_core.universality.matching.products import Products
from culture_core.world.vocabulary import QUIZ_LENGTH


@pytest.mark.parametrize(("chunk", "block"), [(2, 2**23), (3, 20), (500, 1)])
def test_pearson_equals_numpy_corrcoef_however_quizzes_and_features_are_cut_up(monkeypatch, chunk, block):
    monkeypatch.setattr(codes, "CHUNK", chunk)
    monkeypatch.setattr(correlation, "BLOCK", block)
    a, b = dense_codes(7, 12, 0), dense_codes(7, 9, 1)
    b[:, :, 1] = 2 * a[:, :, 3]
    r = pearson(Products.of(*as_codes(a, b)))
    expected = np.corrcoef(read_tokens(a)[:, 1:].T, read_tokens(b)[:, 1:].T)[:11, 11:]
    assert np.allclose(r[1:, 1:], expected, atol=1e-5)
    assert r[3, 1] == pytest.approx(1, abs=1e-6)
    assert not r[0].any()
    assert not r[:, 0].any()


def test_partial_r_equals_the_correlation_of_least_squares_residuals():
    n = 6
    tokens = quiz_tokens(n)
    a, b = dense_codes(n, 8, 0), dense_codes(n, 7, 1)
    a[:, :-1, 2] += tokens[:, :-1] == 3
    b[:, :-1, 2] += 2 * (tokens[:, :-1] == 3)
    a[:, :-1, 5] = np.arange(QUIZ_LENGTH - 1) % 7
    both = as_codes(a, b)
    rest_a, rest_b = (Residuals.of(one, Confounds.of(tokens)) for one in both)
    pairs = [places.ravel() for places in np.mgrid[:8, :7]]
    partial = partial_r(Products.of(*both), rest_a, rest_b, *pairs).reshape(8, 7)

    token, position = tokens[:, :-1].ravel(), np.tile(np.arange(QUIZ_LENGTH - 1), n)
    design = np.hstack([np.eye(QUIZ_LENGTH)[position], np.eye(15)[token]])
    rest = [x - design @ np.linalg.lstsq(design, x, rcond=None)[0] for x in (read_tokens(a), read_tokens(b))]
    explained = [0, 5]
    kept = np.delete(np.arange(8), explained)
    expected = np.corrcoef(rest[0][:, kept].T, rest[1][:, 1:].T)[: len(kept), len(kept) :]
    assert np.allclose(partial[kept, 1:], expected, atol=1e-5)
    assert not partial[explained].any()
    whole = pearson(Products.of(*both))
    assert whole[2, 2] > partial[2, 2] + 0.5
