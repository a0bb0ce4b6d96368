"""Baselines of a best match: the highest r a feature finds where there is nothing to find.

Three baselines (docs/reference/universality.md, "Baselines"): shuffled quizzes (`match_all`, beside the pairs
themselves), the SAE features of a GPT that was never trained, and the same SAE reading rotated activations
(rotation.py). Beside them the ceiling: an SAE of the same GPT from another seed. Each goes the way of a pair
of GPTs, with other codes in the place of one.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core.universality.matching.best import Best
from culture_core.universality.matching.codes import Codes
from culture_core.universality.matching.correlation import alive_r
from culture_core.universality.matching.products import Products

PERMUTATION, UNTRAINED, ROTATION = "permutation", "untrained", "rotation"
BASELINES = (PERMUTATION, UNTRAINED, ROTATION)


def best_elsewhere(
    models: Sequence[Codes],
    stand_ins: Sequence[Codes],
    stands_for: Sequence[int],
    *,
    progress: str | None = None,
) -> NDArray[np.float32]:
    """The highest r of every feature of model a among the features of what stands in for model b.

    stands_for: (m,) the place in stand_ins of what stands in for each model. Returns (m, m, f); 0 where a = b
    or the feature never fires.
    """
    m, f = len(models), models[0].n_features
    best = np.zeros((m, m, f), dtype=np.float32)
    others = {
        (a, s): [b for b in range(m) if b != a and stands_for[b] == s]
        for a in range(m)
        for s in range(len(stand_ins))
    }
    pairs = [pair for pair, models_b in others.items() if models_b]
    for a, s in tqdm(pairs, desc=progress, unit="pair", disable=progress is None):
        best[a, others[a, s]] = Best.of(alive_r(Products.of(models[a], stand_ins[s]))).r
    return best


def best_in_reseeded(
    models: Sequence[Codes], reseeded: Mapping[int, Codes]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The best r of every feature in another SAE of its own GPT, and whether that match is mutual.

    reseeded: by place in models, the codes of the other SAE. Returns (m, f) each; NaN and False for a model
    without one.
    """
    best_r = np.full((len(models), models[0].n_features), np.nan, dtype=np.float32)
    mutual = np.zeros(best_r.shape, dtype=bool)
    for a, other in reseeded.items():
        r = alive_r(Products.of(models[a], other))
        best = Best.of(r)
        best_r[a], mutual[a] = best.r, best.is_mutual(Best.of(r.T))
    return best_r, mutual
