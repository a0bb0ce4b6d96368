"""Best matches between the features of all pairs of GPTs, and their chance level.

One way for every two: codes -> products -> r -> best, mutual, one-to-one (groups, of all GPTs, follow from
the best). A baseline goes the same way with other codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core.universality.matching.best import Best, inverted, one_to_one
from culture_core.universality.matching.codes import Codes
from culture_core.universality.matching.confounds import Confounds, Residuals
from culture_core.universality.matching.correlation import alive_r, partial_r
from culture_core.universality.matching.products import Products


@dataclass(frozen=True)
class Matches:
    """Best matches among m models of f features each; every array is (m, m, f), entry [a, b, i] about feature
    i of model a in model b, and empty (-1, 0, False) where a = b or the feature never fires.

    best_feature int32: the most correlated feature of b. best_r float32: its r. mutual bool: i is also the
    best match of it. one_to_one bool: the assignment of all features of a to different features of b with the
    highest sum of r pairs the two. partial_r float32: their r with position and token regressed out.
    permuted_r float32: the highest r of i in b when the quizzes of b are shuffled.
    """

    best_feature: NDArray[np.int32]
    best_r: NDArray[np.float32]
    mutual: NDArray[np.bool_]
    one_to_one: NDArray[np.bool_]
    partial_r: NDArray[np.float32]
    permuted_r: NDArray[np.float32]

    @classmethod
    def empty(cls, n_models: int, n_features: int) -> "Matches":
        shape = (n_models, n_models, n_features)
        return cls(
            best_feature=np.full(shape, -1, dtype=np.int32),
            best_r=np.zeros(shape, dtype=np.float32),
            mutual=np.zeros(shape, dtype=bool),
            one_to_one=np.zeros(shape, dtype=bool),
            partial_r=np.zeros(shape, dtype=np.float32),
            permuted_r=np.zeros(shape, dtype=np.float32),
        )


def match_all(
    models: Sequence[Codes], confounds: Confounds, *, seed: int = 0, progress: str | None = None
) -> Matches:
    """Match every pair of models over the same tokens; all SAEs have the same number of features.

    seed: of the shuffled quizzes.
    """
    matches = Matches.empty(len(models), models[0].n_features)
    generator = np.random.default_rng(seed)
    rests = [Residuals.of(codes, confounds) for codes in models]
    pairs = list(combinations(range(len(models)), 2))
    for a, b in tqdm(pairs, desc=progress, unit="pair", disable=progress is None):
        # one matrix of products at a time: that of 16,384 features takes 2 GB
        best_ab, best_ba, assigned, partial = _matched(models[a], models[b], rests[a], rests[b])
        permuted = _highest(models[a], models[b].shuffled(generator))
        _record(matches, (a, b), best_ab, best_ba, assigned, partial[0], permuted[0])
        back = inverted(assigned, models[b].n_features)
        _record(matches, (b, a), best_ba, best_ab, back, partial[1], permuted[1])
    return matches


def _highest(a: Codes, b: Codes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The highest r of every feature of a in b, and of b in a."""
    r = alive_r(Products.of(a, b))
    return Best.of(r).r, Best.of(r.T).r


def _matched(
    a: Codes, b: Codes, rest_a: Residuals, rest_b: Residuals
) -> tuple[Best, Best, NDArray[np.int64], tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Best matches of a in b and of b in a, the assignment of a to b, and partial r of both best matches."""
    products = Products.of(a, b)
    r = alive_r(products)
    best_ab, best_ba = Best.of(r), Best.of(r.T)
    own_a, own_b = np.arange(a.n_features), np.arange(b.n_features)
    partial_ab = partial_r(products, rest_a, rest_b, own_a, best_ab.feature)
    partial_ba = partial_r(products, rest_a, rest_b, best_ba.feature, own_b)
    partial = best_ab.where_found(partial_ab), best_ba.where_found(partial_ba)
    del products
    return best_ab, best_ba, one_to_one(r), partial


def _record(
    matches: Matches,
    pair: tuple[int, int],
    best: Best,
    back: Best,
    partner: NDArray[np.int64],
    partial: NDArray[np.float32],
    permuted: NDArray[np.float32],
) -> None:
    matches.best_feature[pair], matches.best_r[pair] = best.feature, best.r
    matches.mutual[pair] = best.is_mutual(back)
    matches.one_to_one[pair] = best.is_partner(partner)
    matches.partial_r[pair], matches.permuted_r[pair] = partial, permuted


def over_others(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """(m, f): the mean over the other models of values (m, m, f); of best r it is the universality of a
    feature (Gurnee et al. 2024)."""
    m = len(values)
    off_diagonal = ~np.eye(m, dtype=bool)
    return ((values * off_diagonal[:, :, None]).sum(1) / (m - 1)).astype(np.float32)
