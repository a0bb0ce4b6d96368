"""Matching from sparse activations against numpy on dense ones."""

import numpy as np
import pytest

from culture_core import artifacts
from culture_core.errors import CultureError
from culture_core.features.reader import open_index
from culture_core.features.sparse import SparseActivations
from culture_core.features.store import open_activations
from culture_core.universality.correlation import correlation, to_matrix
from culture_core.universality.matching import match_all
from culture_core.universality.store import open_matches
from culture_core.world.vocabulary import QUIZ_LENGTH

HOOK = "blocks.1.hook_resid_post"


def dense_codes(n_quizzes, n_features, seed):
    """Random sparse codes (n_quizzes x 404, f); feature 0 never fires."""
    generator = np.random.default_rng(seed)
    codes = generator.random((n_quizzes * QUIZ_LENGTH, n_features), dtype=np.float32)
    codes *= generator.random(codes.shape) < 0.1
    codes[:, 0] = 0
    return codes


def as_sparse(codes, n_quizzes):
    token, feature = codes.nonzero()
    values = codes[token, feature]
    return SparseActivations.from_entries(feature, token.astype(np.int32), values, codes.shape[1], n_quizzes)


def test_correlation_matches_numpy_corrcoef():
    a, b = dense_codes(3, 12, 0), dense_codes(3, 9, 1)
    b[:, 1] = 2 * a[:, 3]
    n_tokens = len(a)
    r = correlation(to_matrix(as_sparse(a, 3)), to_matrix(as_sparse(b, 3)), n_tokens)
    expected = np.corrcoef(a[:, 1:].T, b[:, 1:].T)[:11, 11:]
    assert np.allclose(r[1:, 1:], expected, atol=1e-5)
    assert r[3, 1] == pytest.approx(1, abs=1e-5)
    assert not r[0].any()
    assert not r[:, 0].any()


def test_matches_agree_with_an_exhaustive_search():
    codes = [dense_codes(2, 10, seed) for seed in range(3)]
    codes[1][:, 4] += codes[0][:, 7]
    matches = match_all([as_sparse(c, 2) for c in codes], n_tokens=len(codes[0]))
    for a in range(3):
        for b in range(3):
            if a == b:
                assert (matches.best_feature[a, b] == -1).all()
                continue
            r = np.corrcoef(codes[a][:, 1:].T, codes[b][:, 1:].T)[:9, 9:]
            assert np.array_equal(matches.best_feature[a, b, 1:], r.argmax(1) + 1)
            assert np.allclose(matches.best_r[a, b, 1:], r.max(1), atol=1e-5)
            back = r.argmax(0)
            assert np.array_equal(matches.mutual[a, b, 1:], back[r.argmax(1)] == np.arange(9))
            assert matches.best_feature[a, b, 0] == -1
    assert matches.best_feature[0, 1, 7] == 4
    assert np.allclose(matches.universality[0], (matches.best_r[0, 1] + matches.best_r[0, 2]) / 2)


def test_stored_matches_recompute_from_the_dense_codes(built_population):
    matches = open_matches(built_population, HOOK)
    stores = [open_activations(built_population, HOOK, k) for k in (0, 3)]
    n_tokens = open_index(built_population, HOOK, 0).n_tokens
    dense = [np.asarray(to_matrix(store).todense()).reshape(24, 404, -1)[:, :403] for store in stores]
    flat = [codes.reshape(n_tokens, -1) for codes in dense]
    feature = int((flat[0] > 0).sum(0).argmax())
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.corrcoef(flat[0][:, feature], flat[1].T)[0, 1:]
    match = next(match for match in matches.best(0, feature) if match.model_k == 3)
    assert match.r == pytest.approx(np.nanmax(r), abs=1e-5)
    assert match.feature == np.nanargmax(r)


def test_partner_overlays_are_the_partner_on_the_same_quizzes(built_population):
    matches = open_matches(built_population, HOOK)
    index = open_index(built_population, HOOK, 2)
    feature = int(index.table["fires"].argmax())
    top = index.top(feature)
    for match in matches.best(2, feature):
        codes = np.asarray(to_matrix(open_activations(built_population, HOOK, match.model_k)).todense())
        expected = codes.reshape(24, 404, -1)[top.quiz[:6], :, match.feature]
        assert np.array_equal(matches.partner_overlays(2, feature)[match.model_k], expected)


def test_matches_of_other_saes_are_refused(built_population, copy_population):
    population = copy_population(built_population)
    path = population.sae(HOOK, 4) / artifacts.MANIFEST
    artifacts.write_json(path, {**artifacts.read_json(path), "sha256": "0" * 64})
    with pytest.raises(CultureError, match="of other SAEs; run `culture match"):
        open_matches(population, HOOK)
