"""Coverage of concepts by SAE features, raw directions and neurons against dense, obvious computations."""

import numpy as np
import pytest

from culture_core import load_hooked
from culture_core.features.concepts import BY_NAME, CONCEPTS
from culture_core.features.concepts.registry import pack_concepts
from culture_core.features.grading.coverage import (
    LOG_ODDS,
    best_f1,
    coverage_by_source,
    coverage_hooks,
    coverage_summary,
    dense_activations,
    screened_directions,
    screened_features,
    screened_neurons,
    tokens_read,
)
from culture_core.features.grading.truth import Truth
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import SparseActivations

N_QUIZZES = 32
MIDDLE = N_QUIZZES // 2 * 403
RED, SECOND, CHANGED = (list(BY_NAME).index(name) for name in ("on:colour=red", "second", "on:changed"))


@pytest.fixture(scope="module")
def batch():
    return QuizSet(n=N_QUIZZES).quizzes()


@pytest.fixture(scope="module")
def truth(batch):
    return Truth(pack_concepts(batch))


@pytest.fixture(scope="module")
def holds(truth):
    """(n x 403, c) where each concept holds."""
    return truth.concepts.unpack(tokens_read(N_QUIZZES)).astype(bool)


@pytest.fixture(scope="module")
def values(holds):
    """(4, n x 403): high on one concept, low on another, noise, and above 0 mostly on a third."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(4, len(holds)))
    noise[0] += 3 * holds[:, RED]
    noise[1] -= 2 * holds[:, SECOND]
    noise[3] = np.maximum(noise[3] + 2 * holds[:, CHANGED] - 1, 0)
    return noise.astype(np.float32)


def dense_best(fires_by_level, holds, truth):
    """F1 on the second half of whatever fires best on the first, for every concept, over many (n,) masks."""

    fires = np.stack(fires_by_level).astype(np.float32)
    truths = holds.astype(np.float32)

    def f1(rows):
        sizes = fires[:, rows].sum(1)[:, None] + truths[rows].sum(0)
        return 2 * (fires[:, rows] @ truths[rows]) / np.maximum(sizes, 1)

    fit, held_out = f1(slice(0, MIDDLE)), f1(slice(MIDDLE, None))
    return held_out[fit.argmax(0), np.arange(holds.shape[1])] * truth.gradable


def test_directions_are_the_best_of_both_signs_at_any_threshold(values, holds, truth):
    masks = []
    for row in values[:3]:
        for threshold in np.quantile(row[:MIDDLE], 1 / (1 + np.exp(-LOG_ODDS))):
            masks += [row >= threshold, row < threshold]
    found = best_f1(screened_directions(values[:3], truth), truth)
    assert np.allclose(found, dense_best(masks, holds, truth), atol=1e-6)
    assert found[RED] > 0.5 and found[SECOND] > 0.7


def test_neurons_fire_where_they_are_above_zero(values, holds, truth):
    active = values[3][:MIDDLE][values[3][:MIDDLE] > 0]
    thresholds = [np.quantile(active, level / 16, method="lower") for level in range(1, 16)]
    masks = [values[3] > 0, *(values[3] >= threshold for threshold in thresholds)]
    found = best_f1(screened_neurons(values[3:], truth), truth)
    assert np.allclose(found, dense_best(masks, holds, truth), atol=1e-6)


def test_only_the_quizzes_of_the_truth_count(values, truth):
    """An index over more quizzes than the truth gives the same as one over just these."""
    token = tokens_read(N_QUIZZES)
    fires = values[3] > 0
    more = np.arange(N_QUIZZES * 404, (N_QUIZZES + 5) * 404, 3)
    few, many = (
        SparseActivations.from_entries(
            np.zeros(len(tokens), dtype=np.int64), tokens.astype(np.int32), strength, 1, N_QUIZZES + 5
        )
        for tokens, strength in (
            (token[fires], values[3][fires]),
            (np.append(token[fires], more), np.append(values[3][fires], np.ones(len(more), np.float32))),
        )
    )
    expected = best_f1(screened_neurons(values[3:], truth), truth)
    assert np.array_equal(best_f1(screened_features(few, truth), truth), expected)
    assert np.array_equal(best_f1(screened_features(many, truth), truth), expected)


def test_every_source_is_measured_and_a_missing_one_is_said_to_be(batch, truth, values, fixture_gpts):
    model = load_hooked([0], source=fixture_gpts)[0]
    token = tokens_read(N_QUIZZES)[values[3] > 0].astype(np.int32)
    strength = values[3][values[3] > 0]
    sae = SparseActivations.from_entries(np.zeros(len(token), dtype=np.int64), token, strength, 1, N_QUIZZES)
    hook = "blocks.1.hook_resid_post"
    without = coverage_by_source(model, hook, batch, truth, sae, None)
    summary = coverage_summary(without, truth)
    assert summary["untrained_sae"] is None
    assert summary["sae"] == pytest.approx(without["sae"][truth.gradable].mean())
    kinds = {concept.kind for concept, graded in zip(CONCEPTS, truth.gradable, strict=True) if graded}
    assert set(summary["by_kind"]) == kinds
    assert 0.1 < summary["raw_directions"] < 1 and 0.1 < summary["mlp_neurons"] < 1
    measured = coverage_by_source(model, hook, batch, truth, sae, sae)
    assert np.array_equal(measured["untrained_sae"], measured["sae"])


def test_the_neurons_of_a_block_are_measured_once_where_they_are_the_hook_point_itself(batch, fixture_gpts):
    model = load_hooked([0], source=fixture_gpts)[0]
    hooks = coverage_hooks("blocks.1.mlp.hook_post")
    assert hooks[0] == hooks[1]
    own, neurons = dense_activations(model, hooks, batch)
    assert own.shape == neurons.shape == (model.cfg.d_mlp, len(batch) * 403)
    assert np.array_equal(own, neurons)
