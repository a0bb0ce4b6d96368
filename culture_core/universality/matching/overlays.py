"""Overlays of matches: a feature's best matches on the feature's own top quizzes, packed small.

Activations are kept in 255 steps of the feature's maximum, finer than the ink on a cell can show.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.features.index.packed import from_gaps, to_gaps
from culture_core.features.index.sparse import Overlays, SparseActivations

SHOWN_QUIZZES = 4
STEPS = 255


def partner_overlays(
    best_feature: NDArray[np.int32],
    models: Sequence[SparseActivations],
    top_quiz: Sequence[NDArray[np.integer]],
) -> list[Overlays]:
    """For each model b the activations of best matches in b on the top quizzes of the features they match.

    best_feature: (m, m, f), see Matches. top_quiz: per model (f, k) numbers of each feature's top quizzes, -1
    for none. Row (a x f + i) x SHOWN_QUIZZES + rank of the result for b is the best match in b of feature i
    of a, on the rank-th top quiz of feature i.
    """
    shown = np.stack([quiz[:, :SHOWN_QUIZZES] for quiz in top_quiz])
    return [Overlays.extract(models[b], *_pairs(best_feature[:, b], shown)) for b in range(len(models))]


def _pairs(best: NDArray[np.int32], shown: NDArray[np.integer]) -> tuple[NDArray[Any], NDArray[Any]]:
    feature = np.broadcast_to(np.maximum(best, 0)[:, :, None], shown.shape)
    quiz = np.where(best[:, :, None] >= 0, shown, -1)
    return feature.reshape(-1), quiz.reshape(-1)


def pack(overlays: Overlays, row_maximum: NDArray[np.float32], prefix: str) -> dict[str, NDArray[Any]]:
    """Overlays as small arrays; row_maximum (m,) is the activation that stands for the last step."""
    length = np.diff(overlays.indptr)
    share = overlays.value / np.repeat(row_maximum, length)
    return {
        f"{prefix}_length": length.astype(np.uint16),
        f"{prefix}_gap": to_gaps(overlays.position),
        f"{prefix}_step": np.clip(np.ceil(share * STEPS - 0.5), 1, STEPS).astype(np.uint8),
    }


def unpack(arrays: dict[str, NDArray[Any]], row_maximum: NDArray[np.float32], prefix: str) -> Overlays:
    """The overlays that `pack` made, each activation to within half a step."""
    length = arrays[f"{prefix}_length"].astype(np.int64)
    indptr = np.concatenate([[0], np.cumsum(length)])
    value = arrays[f"{prefix}_step"] * (np.repeat(row_maximum, length) / STEPS)
    return Overlays(indptr, from_gaps(arrays[f"{prefix}_gap"]), value.astype(np.float32))


def partner_maximum(
    best_feature: NDArray[np.int32], maximum: NDArray[np.float32], n_rows: int
) -> NDArray[np.float32]:
    """(n_rows,) the maximum of the feature in each row of `partner_overlays` for one model.

    best_feature: (m, f) best matches in that model; maximum: (f,) of its features.
    """
    return np.repeat(maximum[np.maximum(best_feature, 0)].reshape(-1), n_rows // best_feature.size)
