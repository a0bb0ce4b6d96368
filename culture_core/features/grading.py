"""Every feature graded on every concept, from the sparse activations alone.

Two steps a feature. Screening counts, at 16 thresholds (quantiles of the feature's own activations), how
often each concept holds where it fires, which gives the F1 of every concept nearly exactly. The best
concepts, and pairs of concepts that look better together, are then scored exactly: the threshold is the best
on the first half of the quizzes, all scores are of the second half. The baseline is the same with the
concepts of other quizzes at the same positions, so it holds what position alone explains.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core.features.concepts.registry import PackedConcepts
from culture_core.features.grades_scores import Firing, Scores, f1_score, score
from culture_core.features.sparse import SparseActivations
from culture_core.world.vocabulary import QUIZ_LENGTH

N_LEVELS = 16
N_BEST = 8
N_POOL = 24
N_PAIRS = 3
# by how much two concepts must beat the best single one, on either half
MARGIN = 0.05
# concepts on fewer tokens in either half are left out
MIN_TOKENS = 30
SHUFFLE_SEED = 12
ROWS_AT_ONCE = 2048
SINGLE = -1
SCORES = ("threshold", "f1", "precision", "recall", "auroc", "baseline_f1")


@dataclass(frozen=True)
class Half:
    """One half of the quizzes: tokens first .. stop - 1 (quiz x 404 + position), how many of them are read,
    on how many each of the c concepts holds (c,), and on how many two of them both do (c, c)."""

    first: int
    stop: int
    n_tokens: int
    holds: NDArray[np.int64]
    together: NDArray[np.int64]


class Truth:
    """The concepts of a quiz set, split in two halves of quizzes, and the same for shuffled quizzes."""

    def __init__(self, concepts: PackedConcepts) -> None:
        self.concepts = concepts
        middle = concepts.n_quizzes // 2
        self.fit = _half(concepts, 0, middle)
        self.held_out = _half(concepts, middle, concepts.n_quizzes)
        self.gradable = (self.fit.holds >= MIN_TOKENS) & (self.held_out.holds >= MIN_TOKENS)
        rng = np.random.default_rng(SHUFFLE_SEED)
        self._other_quiz = np.concatenate(
            [rng.permutation(middle), middle + rng.permutation(concepts.n_quizzes - middle)]
        )

    def shuffled(self, token: NDArray[np.integer]) -> NDArray[np.int64]:
        """The token at the same position of another quiz of the same half."""
        return self._other_quiz[token // QUIZ_LENGTH] * QUIZ_LENGTH + token % QUIZ_LENGTH

    def firing(self, token: NDArray[np.integer], value: NDArray[np.float32]) -> tuple[Firing, Firing]:
        """Split what a feature fires on, tokens increasing, into the two halves."""
        middle = np.searchsorted(token, self.fit.stop)
        return (
            Firing.of(token[:middle], value[:middle], self.fit.n_tokens),
            Firing.of(token[middle:], value[middle:], self.held_out.n_tokens),
        )


def _half(concepts: PackedConcepts, first_quiz: int, stop_quiz: int) -> Half:
    first, stop = first_quiz * QUIZ_LENGTH, stop_quiz * QUIZ_LENGTH
    n_read = (stop_quiz - first_quiz) * (QUIZ_LENGTH - 1)
    together = _together(concepts, first, stop)
    return Half(first, stop, n_read, together.diagonal(), together)


def _together(concepts: PackedConcepts, first: int, stop: int) -> NDArray[np.int64]:
    """(c, c) on how many of the tokens first .. stop - 1 two concepts both hold."""
    n_concepts = len(concepts.concepts)
    total = np.zeros((n_concepts, n_concepts), dtype=np.int64)
    for start in range(first, stop, ROWS_AT_ONCE):
        rows = concepts.unpack(slice(start, min(start + ROWS_AT_ONCE, stop))).astype(np.float32)
        total += (rows.T @ rows).astype(np.int64)
    return total


@dataclass(frozen=True)
class Screening:
    """One feature at a few thresholds in one half.

    fires (levels,): tokens at or above each threshold; right (levels, c): of those, where each concept holds.
    """

    fires: NDArray[np.int64]
    right: NDArray[np.int64]


def screen(firing: Firing, thresholds: NDArray[np.floating], concepts: PackedConcepts) -> Screening:
    """Count concepts where a feature fires at or above each of some thresholds, which increase."""
    fires = firing.count_from(thresholds)
    bounds = np.append(fires, 0)
    slices = [concepts.count(firing.token[stop:start]) for start, stop in pairwise(bounds)]
    return Screening(fires, np.cumsum(slices[::-1], axis=0)[::-1])


def quantile_thresholds(firing: Firing, n_levels: int = N_LEVELS) -> NDArray[np.float32]:
    """(n_levels,) 0, where a feature fires at all, and even quantiles of its activations."""
    shares = np.arange(1, n_levels) / n_levels
    thresholds = np.zeros(n_levels, dtype=np.float32)
    thresholds[1:] = np.quantile(firing.value, shares, method="lower")
    return thresholds


@dataclass(frozen=True)
class Grading:
    """What grading f features on c concepts finds.

    first, second (f, k) int16: the kept concepts of each feature, best on the first half first; a conjunction
    of two has a `second`, else it is -1; where there are fewer than k both are -1. The scores (f, k) float32
    are of the second half, baseline_f1 of shuffled quizzes. screened_fit, screened_f1 (f, c) float32: F1 of
    every concept at the best of the screening thresholds on the first half, and the same on the second.
    """

    first: NDArray[np.int16]
    second: NDArray[np.int16]
    threshold: NDArray[np.float32]
    f1: NDArray[np.float32]
    precision: NDArray[np.float32]
    recall: NDArray[np.float32]
    auroc: NDArray[np.float32]
    baseline_f1: NDArray[np.float32]
    screened_fit: NDArray[np.float32]
    screened_f1: NDArray[np.float32]

    @classmethod
    def empty(cls, n_features: int, n_concepts: int) -> "Grading":
        kept, screened = (n_features, N_BEST), (n_features, n_concepts)
        none = np.full(kept, SINGLE, dtype=np.int16)
        scores = {name: np.zeros(kept, dtype=np.float32) for name in SCORES}
        return cls(
            first=none,
            second=none.copy(),
            screened_fit=np.zeros(screened, dtype=np.float32),
            screened_f1=np.zeros(screened, dtype=np.float32),
            **scores,
        )

    def arrays(self) -> dict[str, NDArray]:
        """The arrays of the kept concepts, by name."""
        return {name: getattr(self, name) for name in ("first", "second", *SCORES)}


def grade_features(activations: SparseActivations, truth: Truth, *, progress: str | None = None) -> Grading:
    """Grade all features of an SAE; the activations and the truth are over the same quizzes."""
    grading = Grading.empty(activations.n_features, len(truth.concepts.concepts))
    for feature in tqdm(
        range(activations.n_features), desc=progress, unit="feature", disable=progress is None
    ):
        fit, held_out = truth.firing(*activations.of_feature(feature))
        if len(fit.token):
            _grade_feature(grading, feature, fit, held_out, truth)
    return grading


def _grade_feature(grading: Grading, feature: int, fit: Firing, held_out: Firing, truth: Truth) -> None:
    thresholds = quantile_thresholds(fit)
    screening = screen(fit, thresholds, truth.concepts)
    grading.screened_fit[feature], grading.screened_f1[feature] = screened_scores(
        screening, screen(held_out, thresholds, truth.concepts), truth
    )
    singles = _best(grading.screened_fit[feature], N_BEST)
    pairs = _promising_pairs(fit, screening, grading.screened_fit[feature], truth)
    first = np.concatenate([singles, pairs[:, 0]])
    second = np.concatenate([np.full(len(singles), SINGLE), pairs[:, 1]])
    scores, baseline = _exact_scores(fit, held_out, first, second, truth)
    for rank, kept in enumerate(_kept(scores, second)):
        grading.first[feature, rank], grading.second[feature, rank] = first[kept], second[kept]
        grading.baseline_f1[feature, rank] = baseline.f1[kept]
        for name in ("threshold", "f1", "precision", "recall", "auroc"):
            getattr(grading, name)[feature, rank] = getattr(scores, name)[kept]


def screened_scores(
    fit: Screening, held_out: Screening, truth: Truth
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(c,) the best F1 of each concept among the thresholds on the first half, and the F1 at that threshold
    on the second half; 0 for concepts that are not gradable."""
    fit_f1 = f1_score(fit.right, fit.fires[:, None], truth.fit.holds) * truth.gradable
    level, concept = fit_f1.argmax(0), np.arange(fit_f1.shape[1])
    f1 = f1_score(held_out.right[level, concept], held_out.fires[level], truth.held_out.holds)
    return fit_f1[level, concept], f1 * truth.gradable


def _best(values: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Numbers of the k largest positive values, largest first."""
    order = np.argsort(-values, kind="stable")[:k]
    return order[values[order] > 0]


def _promising_pairs(
    fit: Firing, screening: Screening, single_f1: NDArray[np.floating], truth: Truth
) -> NDArray[np.int64]:
    """(p, 2) the pairs of concepts, N_PAIRS at most, that beat all single ones on the first half."""
    pool = _best(_information(screening, truth) * truth.gradable, N_POOL)
    both = _right_together(fit, screening.fires, pool, truth)
    holds = truth.fit.together[np.ix_(pool, pool)]
    f1 = f1_score(both, screening.fires[:, None, None], holds).max(0)
    rows, columns = np.triu_indices(len(pool), 1)
    f1_of_pair = f1[rows, columns] * (holds[rows, columns] >= MIN_TOKENS)
    chosen = _best(f1_of_pair, N_PAIRS)
    chosen = chosen[f1_of_pair[chosen] >= single_f1.max() + MARGIN]
    return np.stack([pool[rows[chosen]], pool[columns[chosen]]], axis=1)


def _information(screening: Screening, truth: Truth) -> NDArray[np.float64]:
    """(c,) how much firing says for each concept, at the threshold where it says most: the log-likelihood
    ratio fires x KL(share where it fires, share everywhere), 0 where it holds less often than elsewhere."""
    base = np.clip(truth.fit.holds / truth.fit.n_tokens, 1e-9, 1 - 1e-9)
    share = screening.right / np.maximum(screening.fires, 1)[:, None]
    inside = np.clip(share, 1e-9, 1 - 1e-9)
    kl = inside * np.log(inside / base) + (1 - inside) * np.log((1 - inside) / (1 - base))
    return (np.where(share > base, kl, 0.0) * screening.fires[:, None]).max(0)


def _right_together(
    fit: Firing, fires: NDArray[np.int64], pool: NDArray[np.int64], truth: Truth
) -> NDArray[np.float32]:
    """(levels, p, p) on how many tokens two concepts of the pool both hold where the feature fires."""
    held = truth.concepts.columns(pool, fit.token).astype(np.float32)
    bounds = np.append(fires, 0)
    slices = [held[stop:start].T @ held[stop:start] for start, stop in pairwise(bounds)]
    return np.cumsum(slices[::-1], axis=0)[::-1]


def _exact_scores(
    fit: Firing, held_out: Firing, first: NDArray[np.int64], second: NDArray[np.int64], truth: Truth
) -> tuple[Scores, Scores]:
    """Scores of single concepts and pairs, and the same for shuffled quizzes."""
    other = np.where(second == SINGLE, first, second)

    def held(token: NDArray[np.integer]) -> NDArray[np.uint8]:
        return truth.concepts.columns(first, token) & truth.concepts.columns(other, token)

    def scores(tokens: Callable[[NDArray[np.integer]], NDArray[np.integer]]) -> Scores:
        return score(
            fit,
            held_out,
            held(tokens(fit.token)),
            held(tokens(held_out.token)),
            truth.fit.together[first, other],
            truth.held_out.together[first, other],
        )

    return scores(lambda token: token), scores(truth.shuffled)


def _kept(scores: Scores, second: NDArray[np.int64]) -> Iterator[int]:
    """Which to keep, best on the first half first: single concepts, and pairs that beat all of them by
    MARGIN on the second half too."""
    best_single = scores.f1[second == SINGLE].max(initial=0.0)
    clear = (second == SINGLE) | (scores.f1 >= best_single + MARGIN)
    order = np.argsort(-scores.fit_f1, kind="stable")
    yield from [int(k) for k in order if clear[k]][:N_BEST]
