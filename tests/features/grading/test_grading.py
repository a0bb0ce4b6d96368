"""Grades from sparse activations against dense masks, a search over every threshold, and scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from culture_core.features.concepts import BY_NAME, CONCEPTS
from culture_core.features.concepts.registry import pack_concepts
from culture_core.features.grading.conjunctions import promising_conjunctions
from culture_core.features.grading.grade import MARGIN, NONE, grade_features
from culture_core.features.grading.screening import quantile_thresholds, screen
from culture_core.features.grading.truth import Truth
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.sparse import SparseActivations

N_QUIZZES = 160
HALF = N_QUIZZES // 2
NAMES = list(BY_NAME)


@pytest.fixture(scope="module")
def truth():
    return Truth(pack_concepts(QuizSet(n=N_QUIZZES).quizzes()))


@pytest.fixture(scope="module")
def masks(truth):
    """(n, 403, c) where each concept holds on the tokens that are read."""
    return truth.concepts.unpack(slice(None)).reshape(N_QUIZZES, 404, -1)[:, :403].astype(bool)


@pytest.fixture(scope="module")
def dense(masks):
    """(n, 403, 7) activations: what the features fire on is known."""
    rng = np.random.default_rng(5)

    def concept(name):
        return masks[:, :, NAMES.index(name)]

    def noisy(mask):
        """Strong on the mask, with misses, over faint firing anywhere; rounded, so that values are tied."""
        strong = mask & (rng.random(mask.shape) < 0.8)
        faint = rng.random(mask.shape) < 0.05
        return np.round(strong * (1 + rng.random(mask.shape)) + faint * rng.random(mask.shape), 2)

    features = [
        noisy(concept("before:colour=red")),
        noisy(concept("on:rectangle.first") & concept("task=contact")),
        noisy(concept("row=2") & concept("column=4") & concept("grid=3")),
        rng.random(masks.shape[:2]) * (rng.random(masks.shape[:2]) < 0.02),
        np.zeros(masks.shape[:2]),
        noisy(concept("on:painted")) * (np.arange(N_QUIZZES) >= HALF)[:, None],
        noisy(concept("column=9")),
    ]
    return np.stack(features, axis=2).astype(np.float32)


@pytest.fixture(scope="module")
def activations(dense):
    padded = np.pad(dense, ((0, 0), (0, 1), (0, 0))).reshape(-1, dense.shape[2])
    feature, token = np.nonzero(padded.T)
    return SparseActivations.from_entries(
        feature, token.astype(np.int32), padded[token, feature], dense.shape[2], N_QUIZZES
    )


@pytest.fixture(scope="module")
def grading(activations, truth):
    return grade_features(activations, truth)


def kept(grading, feature):
    """(rank, concept numbers) of every kept concept or conjunction."""
    for rank, parts in enumerate(grading.parts[feature].tolist()):
        concepts = [part for part in parts if part != NONE]
        if concepts:
            yield rank, concepts


def holds(masks, concepts):
    return masks[:, :, concepts].all(2)


def every_threshold(values, mask):
    """The threshold with the best F1, highest first among equals, and that F1."""

    def f1_at(threshold):
        fires = values >= threshold
        return 2 * (fires & mask).sum() / (fires.sum() + mask.sum())

    return max((f1_at(threshold), threshold) for threshold in np.unique(values[values > 0]))


def test_kept_scores_match_a_search_over_every_threshold_and_scikit_learn(grading, dense, masks):
    for feature in (0, 2, 3):
        for rank, concepts in list(kept(grading, feature))[:3]:
            values, mask = dense[:, :, feature], holds(masks, concepts)
            best, threshold = every_threshold(values[:HALF], mask[:HALF])
            fires, truth = (values[HALF:] >= threshold).ravel(), mask[HALF:].ravel()
            scores = {name: grading.scores[name][feature, rank] for name in grading.scores}
            assert scores["threshold"] == pytest.approx(threshold)
            assert scores["f1"] == pytest.approx(f1_score(truth, fires), abs=1e-6)
            assert scores["precision"] == pytest.approx(
                precision_score(truth, fires, zero_division=0), abs=1e-6
            )
            assert scores["recall"] == pytest.approx(recall_score(truth, fires), abs=1e-6)
            assert scores["auroc"] == pytest.approx(roc_auc_score(truth, values[HALF:].ravel()), abs=1e-6)
            assert best >= grading.screened[feature, concepts[0]] - 1e-6


def test_baseline_is_the_same_with_concepts_of_other_quizzes_at_the_same_place(grading, truth, dense, masks):
    other = truth.shuffled(np.arange(N_QUIZZES) * 404) // 404
    assert sorted(other[:HALF]) == list(range(HALF))
    for rank, concepts in list(kept(grading, 1))[:2]:
        values, mask = dense[:, :, 1], holds(masks, concepts)[other]
        _, threshold = every_threshold(values[:HALF], mask[:HALF])
        expected = f1_score(mask[HALF:].ravel(), (values[HALF:] >= threshold).ravel())
        assert grading.scores["baseline_f1"][1, rank] == pytest.approx(expected, abs=1e-6)


def test_screening_counts_match_dense_masks(truth, activations, dense, masks):
    fit, held_out = truth.firing(*activations.of_feature(0))
    thresholds = quantile_thresholds(fit)
    for firing, quizzes in ((fit, slice(0, HALF)), (held_out, slice(HALF, None))):
        screening = screen(firing, thresholds, truth.concepts)
        for level, threshold in enumerate(thresholds):
            fires = (dense[quizzes, :, 0] >= threshold) & (dense[quizzes, :, 0] > 0)
            assert screening.fires[level] == fires.sum()
            assert np.array_equal(screening.right[level], masks[quizzes][fires].sum(0))


def test_best_single_concept_is_the_best_of_all_on_the_first_half(grading, dense, masks, truth):
    for feature in (0, 3):
        singles = [concepts[0] for _, concepts in kept(grading, feature) if len(concepts) == 1]
        f1 = grading.screened[feature]
        assert not f1[~truth.gradable].any()
        assert set(singles) <= set(np.argsort(-f1)[:8])
        fires = dense[:HALF, :, feature] > 0
        brute = [f1_score(masks[:HALF, :, k].ravel(), fires.ravel()) for k in singles]
        assert all(f1[k] >= value - 1e-6 for k, value in zip(singles, brute, strict=True))


def test_planted_concepts_are_found(grading):
    for feature, names in (
        (0, {"before:colour=red"}),
        (1, {"on:rectangle.first", "task=contact"}),
        (2, {"row=2", "column=4", "grid=3"}),
        (6, {"column=9"}),
    ):
        _, concepts = next(kept(grading, feature))
        assert {NAMES[k] for k in concepts} == names


def test_a_conjunction_is_kept_only_where_it_clearly_beats_what_is_simpler(grading):
    for feature in range(len(grading.parts)):
        ranked = [
            (len(concepts), grading.scores["f1"][feature, rank]) for rank, concepts in kept(grading, feature)
        ]
        for (size, f1), (other_size, other_f1) in itertools.permutations(ranked, 2):
            assert size <= other_size or f1 >= other_f1 + MARGIN - 1e-6


def test_a_conjunction_is_listed_once_with_its_concepts_in_the_order_of_the_registry(truth, activations):
    for feature in (1, 2):
        fit, _ = truth.firing(*activations.of_feature(feature))
        screening = screen(fit, quantile_thresholds(fit), truth.concepts)
        found = promising_conjunctions(fit, screening, truth)
        assert len({frozenset(row) for row in found.tolist()}) == len(found) > 3
        assert (np.diff(found, axis=1) >= 0).all()


def test_a_feature_of_place_is_explained_by_its_baseline_and_one_of_content_is_not(grading):
    assert grading.scores["baseline_f1"][6, 0] == pytest.approx(grading.scores["f1"][6, 0])
    assert grading.scores["baseline_f1"][0, 0] < 0.2 < 0.7 < grading.scores["f1"][0, 0]


def test_features_that_never_fire_on_the_first_half_get_no_grades(grading):
    for feature in (4, 5):
        assert list(kept(grading, feature)) == []
        assert not grading.screened[feature].any()


def test_best_features_of_a_concept_are_scored_on_the_second_half(grading, dense, masks):
    red = NAMES.index("before:colour=red")
    assert grading.best_feature[red, 0] == 0
    _, threshold = every_threshold(dense[:HALF, :, 0], masks[:HALF, :, red])
    expected = f1_score(masks[HALF:, :, red].ravel(), (dense[HALF:, :, 0] >= threshold).ravel())
    assert grading.best_f1[red, 0] == pytest.approx(expected, abs=1e-6)
    assert len(CONCEPTS) == len(grading.best_feature)


def test_counting_of_conjunctions_matches_dense_masks(truth, masks):
    parts = np.array([[3, 3, 3], [NAMES.index("row=2"), NAMES.index("column=4"), NAMES.index("grid=3")]])
    for half, quizzes in ((truth.fit, slice(0, HALF)), (truth.held_out, slice(HALF, None))):
        expected = [holds(masks[quizzes], row).sum() for row in parts.tolist()]
        assert np.array_equal(half.holds_together(parts), expected)
        assert np.array_equal(half.holds, masks[quizzes].sum((0, 1)))
        assert half.holds_with(parts[1, :2], parts[1, 2:]) == expected[1]
    assert truth.together[parts[1, 0], parts[1, 1]] == holds(masks[:HALF], parts[1, :2]).sum()
