"""Codes in chunks, shuffled and cut short."""

import numpy as np
import pytest
from universality_helpers import as_codes, dense_codes, read_tokens

from culture_core.universality.matching import codes
from culture_core.universality.matching.correlation import pearson
from culture_core.universality.matching.products import Products
from culture_core.world.vocabulary import QUIZ_LENGTH


def test_shuffled_quizzes_keep_positions_and_never_meet_themselves():
    a = dense_codes(9, 5, 0)
    a[:, :-1, 1] = np.arange(QUIZ_LENGTH - 1)
    (one,) = as_codes(a)
    r = pearson(Products.of(one, one.shuffled(np.random.default_rng(0))))
    assert r[1, 1] == pytest.approx(1, abs=1e-6)
    assert np.abs(r[2:, 2:]).max() < 0.1
    assert not (one.shuffled(np.random.default_rng(1)).order == np.arange(9)).any()


@pytest.mark.parametrize("chunk", [2, 5, 9])
def test_products_with_shuffled_codes_are_those_of_the_dense_codes_in_that_order(monkeypatch, chunk):
    monkeypatch.setattr(codes, "CHUNK", chunk)
    a, b = dense_codes(9, 5, 0), dense_codes(9, 6, 1)
    one, other = as_codes(a, b)
    shuffled = other.shuffled(np.random.default_rng(0))
    assert sorted(shuffled.order) == list(range(9))
    expected = read_tokens(a).T @ read_tokens(b[shuffled.order])
    assert np.allclose(Products.of(one, shuffled).sums, expected)


def test_the_last_quiz_is_never_left_alone_in_a_chunk(monkeypatch):
    monkeypatch.setattr(codes, "CHUNK", 4)
    assert list(codes.chunk_bounds(9)) == [(0, 4), (4, 9)]
    assert list(codes.chunk_bounds(10)) == [(0, 4), (4, 8), (8, 10)]
    assert list(codes.chunk_bounds(1)) == [(0, 1)]


def test_codes_over_the_first_quizzes_ignore_the_others():
    a = dense_codes(8, 6, 0)
    (few,), (all_of_them,) = as_codes(a[:3]), as_codes(a)
    first = all_of_them.first(3)
    assert np.array_equal(first.total, few.total)
    assert np.array_equal(Products.of(first, first).sums, Products.of(few, few).sums)
    assert all_of_them.first(8) is all_of_them
