"""Example quizzes of every feature: those with the highest peaks, and some at quantiles of its peaks.

The peaks are sparse activations with one entry per quiz a feature fires in, on the token of the peak.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.features.index.sparse import SparseActivations
from culture_core.world.vocabulary import QUIZ_LENGTH

TOP_K = 16
QUANTILES = (0.9, 0.75, 0.5, 0.25, 0.1)
A_QUANTILE = 2
# peaks sorted at a time, unless one feature has more
BLOCK_PEAKS = 2**18


@dataclass(frozen=True)
class Examples:
    """For each of f features m example quizzes: peak (f, m) float32; quiz (f, m) int32 and position (f, m)
    int16 of the peak, -1 where there is none."""

    peak: NDArray[np.float32]
    quiz: NDArray[np.int32]
    position: NDArray[np.int16]

    @classmethod
    def empty(cls, n_features: int, m: int) -> "Examples":
        shape = (n_features, m)
        return cls(
            np.zeros(shape, dtype=np.float32),
            np.full(shape, -1, dtype=np.int32),
            np.full(shape, -1, dtype=np.int16),
        )


def choose_examples(peaks: SparseActivations) -> tuple[Examples, Examples]:
    """(top, at quantiles) quizzes of every feature, strongest first; of equal peaks the earlier quiz comes
    first.

    At each of QUANTILES of a feature's peaks, the A_QUANTILE quizzes whose peaks are nearest to it in rank; a
    quiz is not named twice.
    """
    top = Examples.empty(peaks.n_features, TOP_K)
    spread = Examples.empty(peaks.n_features, len(QUANTILES) * A_QUANTILE)
    for first, stop in blocks_of_features(peaks.indptr, BLOCK_PEAKS):
        entries = slice(peaks.indptr[first], peaks.indptr[stop])
        token, value = np.asarray(peaks.token[entries]), np.asarray(peaks.value[entries])
        count = np.diff(peaks.indptr[first : stop + 1])
        order = np.lexsort((token, -value, np.repeat(np.arange(stop - first), count)))
        start = (peaks.indptr[first:stop] - peaks.indptr[first])[:, None]
        for examples, rank in ((top, _top_ranks(count)), (spread, _quantile_ranks(count))):
            exists = rank >= 0
            entry = order[(start + rank)[exists]]
            examples.peak[first:stop][exists] = value[entry]
            examples.quiz[first:stop][exists] = token[entry] // QUIZ_LENGTH
            examples.position[first:stop][exists] = token[entry] % QUIZ_LENGTH
    return top, spread


def blocks_of_features(indptr: NDArray[np.int64], limit: int) -> Iterator[tuple[int, int]]:
    """Runs of features (first, stop) that have at most `limit` entries together, or are one feature."""
    first, n_features = 0, len(indptr) - 1
    while first < n_features:
        stop = int(np.searchsorted(indptr, indptr[first] + limit, side="right")) - 1
        stop = min(max(stop, first + 1), n_features)
        yield first, stop
        first = stop


def _top_ranks(count: NDArray[np.int64]) -> NDArray[np.int64]:
    """(f, TOP_K) ranks 0, 1, ... of features with `count` peaks; -1 beyond the last."""
    rank = np.arange(TOP_K)
    return np.where(rank < count[:, None], rank, -1)


def _quantile_ranks(count: NDArray[np.int64]) -> NDArray[np.int64]:
    """(f, len(QUANTILES) x A_QUANTILE) ranks around each quantile; -1 beyond the ends or where named
    before."""
    last = count[:, None] - 1
    centre = np.rint((1 - np.array(QUANTILES)) * np.maximum(last, 0)).astype(np.int64)
    around = np.arange(A_QUANTILE) - A_QUANTILE // 2
    rank = (centre[:, :, None] + around).reshape(len(count), -1)
    before = np.maximum.accumulate(np.pad(rank, ((0, 0), (1, 0)), constant_values=-1)[:, :-1], axis=1)
    return np.where((rank >= 0) & (rank <= last) & (rank > before), rank, -1)
