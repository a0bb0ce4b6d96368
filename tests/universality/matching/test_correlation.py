"""Correlations from sparse activations against numpy on dense ones."""

import numpy as np
import pytest
from scipy import sparse
from universality_helpers import as_codes, dense_codes, quiz_tokens, read_tokens

from culture_core.native import find_compiler
from culture_core.universality.matching import correlation, products
from culture_core.universality.matching.confounds import Confounds
from culture_core.universality.matching.correlation import cofiring, partial_pearson, pearson
from culture_core.universality.matching.products import add_products, cofiring_library
from culture_core.world.vocabulary import QUIZ_LENGTH


@pytest.mark.parametrize("chunk", [2, 3, 500])
def test_pearson_equals_numpy_corrcoef_however_the_quizzes_are_cut_up(monkeypatch, chunk):
    monkeypatch.setattr(correlation, "CHUNK", chunk)
    a, b = dense_codes(7, 12, 0), dense_codes(7, 9, 1)
    b[:, :, 1] = 2 * a[:, :, 3]
    (codes_a, codes_b), _ = as_codes(a, b)
    r = pearson(cofiring(codes_a, codes_b), codes_a, codes_b)
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
    (codes_a, codes_b), confounds = as_codes(a, b)
    partial = partial_pearson(cofiring(codes_a, codes_b), codes_a, codes_b, confounds)

    token, position = tokens[:, :-1].ravel(), np.tile(np.arange(QUIZ_LENGTH - 1), n)
    design = np.hstack([np.eye(QUIZ_LENGTH)[position], np.eye(15)[token]])
    rest = [x - design @ np.linalg.lstsq(design, x, rcond=None)[0] for x in (read_tokens(a), read_tokens(b))]
    explained = [0, 5]
    kept = np.delete(np.arange(8), explained)
    expected = np.corrcoef(rest[0][:, kept].T, rest[1][:, 1:].T)[: len(kept), len(kept) :]
    assert np.allclose(partial[kept, 1:], expected, atol=1e-5)
    assert not partial[explained].any()
    whole = pearson(cofiring(codes_a, codes_b), codes_a, codes_b)
    assert whole[2, 2] > partial[2, 2] + 0.5


@pytest.mark.parametrize("shape", [(5, 7), (1, 9), (8, 1)])
def test_products_are_scipys_with_the_kernel_and_without_it(monkeypatch, shape):
    a, b = (sparse.random_array((50, f), density=0.3, rng=f) for f in shape)
    expected = 1 + (a.T @ b).toarray()
    if find_compiler() is not None:
        assert cofiring_library() is not None
    for library in (cofiring_library(), None):
        monkeypatch.setattr(products, "cofiring_library", lambda library=library: library)
        total = np.ones(shape)
        add_products(total, a.tocsc(), b.tocsr())
        assert np.allclose(total, expected, atol=1e-12)


def test_shuffled_quizzes_keep_positions_and_never_meet_themselves():
    a = dense_codes(9, 5, 0)
    a[:, :-1, 1] = np.arange(QUIZ_LENGTH - 1)
    (codes,), _ = as_codes(a)
    products = cofiring(codes, codes, np.random.default_rng(0))
    assert pearson(products, codes, codes)[1, 1] == pytest.approx(1, abs=1e-6)
    assert np.abs(pearson(products, codes, codes)[2:, 2:]).max() < 0.1
    assert not (correlation._other_quizzes(9, np.random.default_rng(1)) == np.arange(9 * QUIZ_LENGTH)).any()


def test_the_last_quiz_is_never_left_alone_in_a_chunk(monkeypatch):
    monkeypatch.setattr(correlation, "CHUNK", 4)
    assert list(correlation._chunks(9)) == [(0, 4), (4, 9)]
    assert list(correlation._chunks(10)) == [(0, 4), (4, 8), (8, 10)]
    assert list(correlation._chunks(1)) == [(0, 1)]


def test_codes_over_the_first_quizzes_ignore_the_others():
    a = dense_codes(8, 6, 0)
    few, _ = as_codes(a[:3])
    (codes,), _ = as_codes(a)
    first = correlation.Codes.of(codes.activations, Confounds.of(quiz_tokens(8)[:3]))
    assert np.array_equal(first.total, few[0].total)
    assert np.array_equal(cofiring(first, first), cofiring(few[0], few[0]))
