"""The one-pass index against dense, obvious computations."""

import numpy as np
import pytest
import torch

from culture_core import artifacts, load_hooked
from culture_core.errors import CultureError
from culture_core.features.index import build_index, encode_quizzes
from culture_core.features.quiz_set import QuizSet
from culture_core.features.reader import open_index
from culture_core.features.statistics import bin_edges
from culture_core.features.store import open_activations
from culture_core.saes.store import load_sae

HOOK = "blocks.1.hook_resid_post"
QUIZ_SET = QuizSet(n=24)


@pytest.fixture(scope="module")
def dense(built_population):
    """Activations (24, 404, f) of GPT 1's features, 0 at the token that is never read."""
    model = load_hooked([1], source=built_population.root)[0]
    sae = load_sae(built_population.sae(HOOK, 1))
    codes = encode_quizzes(model, sae, HOOK, QUIZ_SET.quizzes().tokens)
    return torch.nn.functional.pad(codes, (0, 0, 0, 1)).numpy()


@pytest.fixture(scope="module")
def index(built_population):
    return open_index(built_population, HOOK, 1)


def test_statistics_match_dense(index, dense):
    fires = (dense > 0).sum((0, 1))
    assert np.array_equal(index.table["fires"], fires)
    assert np.allclose(index.table["density"], fires / (24 * 403))
    assert np.allclose(index.table["max"], dense.max((0, 1)), rtol=1e-5)
    mean = np.divide(dense.sum((0, 1)), fires, where=fires > 0, out=np.zeros(len(fires)))
    assert np.allclose(index.table["mean"], mean, rtol=1e-4)
    assert np.array_equal(index.table["dead"], fires == 0)


def test_histogram_matches_numpy(index, dense):
    edges = bin_edges()
    for feature in range(0, index.n_features, 7):
        values = dense[:, :, feature]
        clipped = np.clip(values[values > 0].astype(np.float64), edges[0], np.nextafter(edges[-1], 0))
        found_edges, counts = index.histogram(feature)
        assert np.array_equal(found_edges, edges)
        assert np.array_equal(counts, np.histogram(clipped, edges)[0])


def test_density_by_task_matches_dense(index, dense):
    task = np.arange(24) % 8
    feature = int(index.table["fires"].argmax())
    for code, share in enumerate(index.density_by_task(feature).values()):
        assert share == pytest.approx((dense[task == code, :, feature] > 0).sum() / (3 * 403))


def test_top_quizzes_match_a_stable_sort_of_dense_peaks(index, dense):
    for feature in range(0, index.n_features, 5):
        peaks = dense[:, :, feature].max(1)
        order = np.argsort(-peaks, kind="stable")[:20]
        order = order[peaks[order] > 0]
        top = index.top(feature)
        assert np.allclose(top.peak, peaks[order], rtol=1e-5)
        assert np.array_equal(top.quiz, order)
        assert np.array_equal(top.position, dense[order, :, feature].argmax(1))
        assert np.allclose(top.activations, dense[order, :, feature], rtol=1e-5)


def test_peak_places_count_the_positions_of_the_top_quizzes(index):
    for feature in range(0, index.n_features, 3):
        assert index.table.peak_places[feature] == len(set(index.top(feature).position.tolist()))


def test_index_does_not_depend_on_the_batch_size(built_population):
    model = load_hooked([0], source=built_population.root)[0]
    sae = load_sae(built_population.sae(HOOK, 0))
    small, large = (build_index(model, sae, HOOK, QuizSet(n=12), batch_size=size) for size in (5, 12))
    assert torch.equal(small.statistics.fires, large.statistics.fires)
    assert torch.equal(small.statistics.histogram, large.statistics.histogram)
    assert torch.equal(small.top.quiz, large.top.quiz)
    assert np.array_equal(small.activations.token, large.activations.token)


def test_sparse_activations_hold_every_non_zero(built_population, dense):
    activations = open_activations(built_population, HOOK, 1)
    rebuilt = np.zeros_like(dense).reshape(-1, dense.shape[2])
    for feature in range(activations.n_features):
        token, value = activations.of_feature(feature)
        rebuilt[token, feature] = value
    assert np.allclose(rebuilt.reshape(dense.shape), dense, rtol=1e-5)


def test_feature_that_is_not_there_gets_one_line(index):
    for feature in (-1, index.n_features):
        with pytest.raises(CultureError, match="features run from 0 to"):
            index.top(feature)


def test_index_of_another_sae_is_refused(built_population, copy_population):
    population = copy_population(built_population)
    path = population.sae(HOOK, 1) / artifacts.MANIFEST
    artifacts.write_json(path, {**artifacts.read_json(path), "sha256": "0" * 64})
    with pytest.raises(CultureError, match=r"is of another SAE; run `culture index"):
        open_index(population, HOOK, 1)


def test_missing_index_says_what_to_run(built_population):
    with pytest.raises(CultureError, match=r"no feature index of GPT 0 at nowhere.*run `culture index"):
        open_index(built_population, "nowhere", 0)
