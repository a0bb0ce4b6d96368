"""Matching, groups and overlays against exhaustive searches on dense codes."""

from itertools import combinations, permutations, product

import numpy as np
import pytest
from universality_helpers import as_codes, as_sparse, dense_codes, quiz_tokens, read_tokens

from culture_core.universality.matching.best import one_to_one
from culture_core.universality.matching.confounds import Confounds
from culture_core.universality.matching.groups import (
    find_groups,
    find_smaller_groups,
    group_values,
    pair_values,
)
from culture_core.universality.matching.matches import match_all, over_others
from culture_core.universality.matching.overlays import pack, partner_maximum, partner_overlays, unpack


@pytest.fixture(scope="module")
def matched():
    """Three models of ten features in which (7, 4, 2) was made one group, and their matches."""
    dense = [dense_codes(4, 10, seed) for seed in range(3)]
    dense[1][:, :, 4] += dense[0][:, :, 7]
    dense[2][:, :, 2] += dense[0][:, :, 7]
    return dense, match_all(as_codes(*dense), Confounds.of(quiz_tokens(4)))


def dense_r(a, b):
    """r of features 1.. of two dense codes (feature 0 never fires)."""
    n = a.shape[2] - 1
    return np.corrcoef(read_tokens(a)[:, 1:].T, read_tokens(b)[:, 1:].T)[:n, n:]


def test_matches_agree_with_an_exhaustive_search(matched):
    dense, matches = matched
    for a, b in permutations(range(3), 2):
        r = dense_r(dense[a], dense[b])
        assert np.array_equal(matches.best_feature[a, b, 1:], r.argmax(1) + 1)
        assert np.allclose(matches.best_r[a, b, 1:], r.max(1), atol=1e-5)
        assert np.array_equal(matches.mutual[a, b, 1:], r.argmax(0)[r.argmax(1)] == np.arange(9))
        assert matches.best_feature[a, b, 0] == -1
        assert not matches.mutual[a, b, 0]
    for a in range(3):
        assert (matches.best_feature[a, a] == -1).all()
        others = [matches.best_r[a, b] for b in range(3) if b != a]
        assert np.allclose(over_others(matches.best_r)[a], np.mean(others, 0))


def test_a_one_to_one_match_is_in_the_assignment_of_highest_sum():
    r = np.random.default_rng(0).random((5, 5)).astype(np.float32)
    r[2], r[:, 3] = -np.inf, -np.inf
    rows, columns = [0, 1, 3, 4], [0, 1, 2, 4]
    best = max(permutations(columns), key=lambda order: r[rows, list(order)].sum())
    expected = np.full(5, -1)
    expected[rows] = best
    assert np.array_equal(one_to_one(r), expected)


def test_one_to_one_agrees_in_both_directions(matched):
    _, matches = matched
    for a, b in permutations(range(3), 2):
        for i in np.flatnonzero(matches.one_to_one[a, b] & matches.mutual[a, b]):
            assert matches.one_to_one[b, a, matches.best_feature[a, b, i]]


def test_shuffled_quizzes_leave_no_match_to_codes_that_ignore_position(matched):
    _, matches = matched
    assert matches.best_r[0, 1, 7] > 0.6
    assert matches.permuted_r.max() < 0.2


def test_groups_are_all_mutual_best_matches_and_no_others(matched):
    dense, matches = matched
    r = {(a, b): dense_r(dense[a], dense[b]) for a, b in permutations(range(3), 2)}
    expected = [
        (i + 1, j + 1, k + 1)
        for i in range(9)
        for j in range(9)
        for k in range(9)
        if all(r[a, b][x].argmax() == y for (a, x), (b, y) in permutations(list(enumerate((i, j, k))), 2))
    ]
    groups = find_groups(matches.best_feature)
    assert [tuple(group) for group in groups] == expected
    assert (7, 4, 2) in expected
    values = group_values(matches.best_r, groups)
    assert values[0, 1, 2] == matches.best_r[1, 2, groups[0, 1]]


def test_smaller_groups_are_mutual_and_part_of_no_larger_one():
    m, f = 5, 4
    best = np.random.default_rng(3).integers(0, f, (m, m, f)).astype(np.int32)
    best[np.ix_([0, 1, 3, 4], [0, 1, 3, 4])] = np.arange(f)
    best[2, :, 0] = best[:, 2, 0] = 0

    def mutual(group):
        return all(best[a, b, x] == y for (a, x), (b, y) in permutations(group.items(), 2))

    every = [
        dict(zip(chosen, features, strict=True))
        for size in (5, 4, 3, 2)
        for chosen in combinations(range(m), size)
        for features in product(range(f), repeat=size)
        if mutual(dict(zip(chosen, features, strict=True)))
    ]
    expected = [g for g in every if not any(g.items() < other.items() for other in every) and len(g) < m]
    found = find_smaller_groups(best)
    assert len(expected) >= 3
    assert {tuple(group) for group in found.tolist()} == {
        tuple(group.get(a, -1) for a in range(m)) for group in expected
    }
    values = pair_values(np.ones((m, m, f)), found)
    size = (found >= 0).sum(axis=1)
    assert np.array_equal(np.nansum(values, axis=1), size * (size - 1))


def test_packed_overlays_are_right_to_half_a_step_and_keep_every_cell(matched):
    dense, matches = matched
    sparse = [as_sparse(codes) for codes in dense]
    top = [np.tile(np.array([[2, 0, 3, -1, 1, 1]]), (10, 1)) for _ in range(3)]
    for b, overlays in enumerate(partner_overlays(matches.best_feature, sparse, top)):
        maximum = dense[b].max((0, 1))
        rows = partner_maximum(matches.best_feature[:, b], maximum, len(overlays.indptr) - 1)
        arrays = pack(overlays, rows, "p")
        again = unpack(arrays, rows, "p")
        assert arrays["p_step"].dtype == np.uint8
        assert np.array_equal(again.indptr, overlays.indptr)
        assert (again.value > 0).all()
        faint = overlays.value < maximum.max() / 510
        assert np.allclose(again.value[~faint], overlays.value[~faint], atol=maximum.max() / 509)
