"""Which features fire together: for each feature those with the highest Jaccard index.

J(a, b) = tokens on which both fire / tokens on which either fires. The counts come from the tokens where both
fire, so nothing of size tokens x features is made.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from culture_core.features.index.parts import Part
from culture_core.world.vocabulary import QUIZ_LENGTH

N_NEIGHBOURS = 10
# counts held at a time
BLOCK_COUNTS = 2**24


class Neighbours(NamedTuple):
    """For each of f features its k nearest others, nearest first: feature (f, k) int32, -1 for none; score
    (f, k) float32."""

    feature: NDArray[np.int32]
    score: NDArray[np.float32]


def cofiring_neighbours(parts: Callable[[], Iterable[Part]], fires: NDArray[np.integer]) -> Neighbours:
    """The features that most often fire on the same tokens.

    parts: gives all parts, once more each time it is called. fires: (f,) tokens each feature fires on. A
    score is the Jaccard index; of equal ones the lower feature comes first; none is 0.
    """
    n_features = len(fires)
    block = max(1, BLOCK_COUNTS // n_features)
    found = []
    for first in range(0, n_features, block):
        stop = min(first + block, n_features)
        both = np.zeros((stop - first, n_features), dtype=np.int32)
        for part in parts():
            _count_together(part, first, stop, both)
        either = fires[first:stop, None] + fires - both
        jaccard = both / np.maximum(either, 1)
        found.append(nearest(jaccard.astype(np.float32), first))
    return Neighbours(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _count_together(part: Part, first: int, stop: int, both: NDArray[np.int32]) -> None:
    """Add to both (stop - first, f) the tokens on which features first .. stop - 1 fire with each feature."""
    from scipy import sparse

    n_tokens, n_features = len(part.token_indptr) - 1, both.shape[1]
    entries = slice(part.indptr[first], part.indptr[stop])
    token = part.token[entries] - part.first * QUIZ_LENGTH
    ones = np.ones(len(part.feature), dtype=np.int32)
    rows = sparse.csr_matrix(
        (ones[: len(token)], token, part.indptr[first : stop + 1] - part.indptr[first]),
        shape=(stop - first, n_tokens),
    )
    by_token = sparse.csr_matrix((ones, part.feature, part.token_indptr), shape=(n_tokens, n_features))
    both += (rows @ by_token).toarray()


def nearest(score: NDArray[np.float32], first: int, *, above: float = 0.0) -> Neighbours:
    """The N_NEIGHBOURS columns of highest score (m, f) for rows that are features first .. first + m - 1.

    A feature is not its own neighbour; only scores above `above` count; of equal scores the lower column
    comes first.
    """
    score = score.copy()
    rows = np.arange(len(score))
    score[rows, first + rows] = above
    k = min(N_NEIGHBOURS, score.shape[1])
    # every column that could be among the k best, ties included, then an exact order of those few
    bound = np.partition(score, -k, axis=1)[:, -k:].min(1, keepdims=True)
    row, column = np.nonzero((score >= bound) & (score > above))
    value = score[row, column]
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    kept = rank < k
    feature = np.full((len(score), N_NEIGHBOURS), -1, dtype=np.int32)
    best = np.zeros((len(score), N_NEIGHBOURS), dtype=np.float32)
    feature[row[kept], rank[kept]], best[row[kept], rank[kept]] = column[kept], value[kept]
    return Neighbours(feature, best)
