"""Every feature graded on every concept, from the sparse activations alone.

Two steps per feature. Screening counts, at 16 thresholds (quantiles of the feature's own activations), how
often each concept holds where it fires, which gives the F1 of every concept nearly exactly. The best
concepts, and conjunctions of two or three that look better together, are then scored exactly: the threshold
is the best on the first half of the quizzes, all scores are of the second half. The baseline is the same with
the concepts of other quizzes at the same positions, so it holds what position alone explains.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core.features.grading.conjunctions import MOST_PARTS, promising_conjunctions
from culture_core.features.grading.scores import Firing, Scores, score
from culture_core.features.grading.screening import quantile_thresholds, screen, screened_f1
from culture_core.features.grading.truth import Truth
from culture_core.features.index.sparse import SparseActivations

N_BEST = 8
BEST_FEATURES = 5
# by how much a conjunction must beat everything simpler, on either half
MARGIN = 0.05
NONE = -1
SCORES = ("threshold", "f1", "precision", "recall", "auroc", "baseline_f1")


@dataclass(frozen=True)
class Grading:
    """What grading f features on c concepts finds.

    parts (f, 8, 3) int16: the kept concepts of each feature, best on the first half first, and with them
    the concepts a conjunction is made of; -1 where there are fewer. scores (f, 8) float32 by name: of the
    second half, baseline_f1 of shuffled quizzes. screened (f, c) float32: F1 of every concept at the best of
    the screening thresholds on the first half. best_feature (c, 5) int32, best_f1 (c, 5) float32: the
    features best on the first half for each concept, -1 where there are fewer, and their F1 on the second.
    """

    parts: NDArray[np.int16]
    scores: dict[str, NDArray[np.float32]]
    screened: NDArray[np.float32]
    best_feature: NDArray[np.int32]
    best_f1: NDArray[np.float32]

    @classmethod
    def empty(cls, n_features: int, n_concepts: int) -> "Grading":
        return cls(
            parts=np.full((n_features, N_BEST, MOST_PARTS), NONE, dtype=np.int16),
            scores={name: np.zeros((n_features, N_BEST), dtype=np.float32) for name in SCORES},
            screened=np.zeros((n_features, n_concepts), dtype=np.float32),
            best_feature=np.full((n_concepts, BEST_FEATURES), NONE, dtype=np.int32),
            best_f1=np.zeros((n_concepts, BEST_FEATURES), dtype=np.float32),
        )


def grade_features(activations: SparseActivations, truth: Truth, *, progress: str | None = None) -> Grading:
    """Grade all features of an SAE; the activations and the truth are over the same quizzes."""
    grading = Grading.empty(activations.n_features, truth.n_concepts)
    for feature in tqdm(
        range(activations.n_features), desc=progress, unit="feature", disable=progress is None
    ):
        fit, held_out = truth.firing(*activations.of_feature(feature))
        if len(fit.token):
            _grade_feature(grading, feature, fit, held_out, truth)
    _find_best_features(grading, activations, truth)
    return grading


def _grade_feature(grading: Grading, feature: int, fit: Firing, held_out: Firing, truth: Truth) -> None:
    screening = screen(fit, quantile_thresholds(fit), truth.concepts)
    grading.screened[feature] = screened_f1(screening, truth).max(0)
    singles = _largest(grading.screened[feature], N_BEST)
    parts = np.concatenate(
        [np.repeat(singles[:, None], MOST_PARTS, axis=1), promising_conjunctions(fit, screening, truth)]
    )
    scores = _exact_scores(fit, held_out, parts, truth, lambda token: token)
    kept = _kept(scores, parts)
    baseline = _exact_scores(fit, held_out, parts[kept], truth, truth.shuffled)
    ranks = np.arange(len(kept))
    grading.parts[feature, ranks] = _without_repeats(parts[kept])
    grading.scores["baseline_f1"][feature, ranks] = baseline.f1
    for name in ("threshold", "f1", "precision", "recall", "auroc"):
        grading.scores[name][feature, ranks] = getattr(scores, name)[kept]


def _find_best_features(grading: Grading, activations: SparseActivations, truth: Truth) -> None:
    """The features that tell each concept best on the first half, scored on the second."""
    for concept in np.flatnonzero(truth.gradable):
        best = _largest(grading.screened[:, concept], BEST_FEATURES)
        grading.best_feature[concept, : len(best)] = best
    for feature in np.unique(grading.best_feature[grading.best_feature != NONE]):
        concepts, ranks = np.nonzero(grading.best_feature == feature)
        fit, held_out = truth.firing(*activations.of_feature(int(feature)))
        parts = np.repeat(concepts[:, None], MOST_PARTS, axis=1)
        grading.best_f1[concepts, ranks] = _exact_scores(fit, held_out, parts, truth, lambda token: token).f1


def _largest(values: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Numbers of the k largest positive values, largest first."""
    order = np.argsort(-values, kind="stable")[:k]
    return order[values[order] > 0]


def _exact_scores(
    fit: Firing,
    held_out: Firing,
    parts: NDArray[np.int64],
    truth: Truth,
    tokens: Callable[[NDArray[np.integer]], NDArray[np.integer]],
) -> Scores:
    """Scores of k conjunctions (k, 3); a concept may be repeated. tokens: whose concepts to take for each
    token of the firing."""
    concepts, inverse = np.unique(parts, return_inverse=True)

    def held(token: NDArray[np.integer]) -> NDArray[np.uint8]:
        columns = truth.concepts.columns(concepts, tokens(token))
        first, second, third = inverse.reshape(parts.shape).T
        return columns[:, first] & columns[:, second] & columns[:, third]

    return score(
        fit,
        held_out,
        held(fit.token),
        held(held_out.token),
        truth.fit.holds_together(parts),
        truth.held_out.holds_together(parts),
    )


def _kept(scores: Scores, parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which to keep, best on the first half first: single concepts, and conjunctions that beat everything
    made of fewer concepts by MARGIN on both halves."""
    n_parts = _n_parts(parts)
    clear = np.ones(len(parts), dtype=bool)
    for size in range(2, MOST_PARTS + 1):
        for f1 in (scores.fit_f1, scores.f1):
            simpler = f1[(n_parts < size) & clear].max(initial=0.0)
            clear &= (n_parts != size) | (f1 >= simpler + MARGIN)
    order = np.argsort(-scores.fit_f1, kind="stable")
    return order[clear[order]][:N_BEST]


def _n_parts(parts: NDArray[np.int64]) -> NDArray[np.int64]:
    return 1 + (np.diff(np.sort(parts, axis=1), axis=1) != 0).sum(1)


def _without_repeats(parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each row with -1 instead of concepts it has already named."""
    out = parts.copy()
    out[:, 1][parts[:, 1] == parts[:, 0]] = NONE
    out[:, 2][(parts[:, 2] == parts[:, 0]) | (parts[:, 2] == parts[:, 1])] = NONE
    return out
