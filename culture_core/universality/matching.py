"""Best matches between the features of all pairs of GPTs, and the overlays that show them side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core.features.sparse import Overlays, SparseActivations
from culture_core.universality.correlation import correlation, to_matrix

SHOWN_QUIZZES = 6


@dataclass(frozen=True)
class Matches:
    """Best matches among m models of f features each.

    best_feature (m, m, f) int32: entry [a, b, i] is the feature of model b most correlated with feature i of
    a; -1 where a = b or feature i never fires. best_r (m, m, f) float32, its r. mutual (m, m, f) bool: i is
    also the best match of it.
    """

    best_feature: NDArray[np.int32]
    best_r: NDArray[np.float32]
    mutual: NDArray[np.bool_]

    @property
    def universality(self) -> NDArray[np.float32]:
        """(m, f): mean over the other models of the best r (Gurnee et al. 2024)."""
        n_models = len(self.best_r)
        off_diagonal = ~np.eye(n_models, dtype=bool)
        return (self.best_r * off_diagonal[:, :, None]).sum(1) / (n_models - 1)


def match_all(models: Sequence[SparseActivations], n_tokens: int, *, progress: str | None = None) -> Matches:
    """Match every pair of models over the same n_tokens tokens; all SAEs have the same number of features."""
    m, f = len(models), models[0].n_features
    best_feature = np.full((m, m, f), -1, dtype=np.int32)
    best_r = np.zeros((m, m, f), dtype=np.float32)
    matrices = [to_matrix(activations) for activations in models]
    alive = [np.diff(activations.indptr) > 0 for activations in models]
    pairs = list(combinations(range(m), 2))
    for a, b in tqdm(pairs, desc=progress, unit="pair", disable=progress is None):
        r = correlation(matrices[a], matrices[b], n_tokens)
        r[~alive[a]], r[:, ~alive[b]] = -np.inf, -np.inf
        best_feature[a, b], best_r[a, b] = _best(r)
        best_feature[b, a], best_r[b, a] = _best(r.T)
    return Matches(best_feature, best_r, _mutual(best_feature))


def _best(r: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    best = r.argmax(1)
    value = r[np.arange(len(r)), best]
    exists = np.isfinite(value)
    return np.where(exists, best, -1).astype(np.int32), np.where(exists, value, 0.0).astype(np.float32)


def _mutual(best_feature: NDArray[np.int32]) -> NDArray[np.bool_]:
    m, _, f = best_feature.shape
    a, b, i = np.ogrid[:m, :m, :f]
    return (best_feature >= 0) & (best_feature[b, a, best_feature] == i)


def partner_overlays(
    matches: Matches, models: Sequence[SparseActivations], top_quiz: Sequence[NDArray[np.integer]]
) -> list[Overlays]:
    """For each model b the activations of best matches in b on the top quizzes of the features they match.

    top_quiz: per model (f, k) numbers of each feature's top quizzes, -1 for none. Row (a x f + i) x
    SHOWN_QUIZZES + rank of the result for b is the best match in b of feature i of a, on the rank-th top quiz
    of feature i.
    """
    shown = np.stack([quiz[:, :SHOWN_QUIZZES] for quiz in top_quiz])
    return [
        Overlays.extract(models[b], *_pairs(matches.best_feature[:, b], shown)) for b in range(len(models))
    ]


def _pairs(best: NDArray[np.int32], shown: NDArray[np.integer]) -> tuple[NDArray, NDArray]:
    feature = np.broadcast_to(np.maximum(best, 0)[:, :, None], shown.shape)
    quiz = np.where(best[:, :, None] >= 0, shown, -1)
    return feature.reshape(-1), quiz.reshape(-1)
