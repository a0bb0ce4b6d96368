"""Best matches between the features of all pairs of GPTs, and what they would be by chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from culture_core.universality.matching.confounds import Confounds
from culture_core.universality.matching.correlation import Codes, cofiring, partial_pearson, pearson


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
        zeros = np.zeros(shape, dtype=np.float32)
        return cls(
            best_feature=np.full(shape, -1, dtype=np.int32),
            best_r=zeros,
            mutual=np.zeros(shape, dtype=bool),
            one_to_one=np.zeros(shape, dtype=bool),
            partial_r=zeros.copy(),
            permuted_r=zeros.copy(),
        )


def match_all(
    models: Sequence[Codes], confounds: Confounds, *, seed: int = 0, progress: str | None = None
) -> Matches:
    """Match every pair of models over the same tokens; all SAEs have the same number of features.

    seed: of the shuffled quizzes.
    """
    matches = Matches.empty(len(models), models[0].n_features)
    generator = np.random.default_rng(seed)
    pairs = list(combinations(range(len(models)), 2))
    for a, b in tqdm(pairs, desc=progress, unit="pair", disable=progress is None):
        products = cofiring(models[a], models[b])
        _record(matches, a, b, alive_r(products, models[a], models[b]))
        partial = partial_pearson(products, models[a], models[b], confounds)
        matches.partial_r[a, b] = _at(partial, matches.best_feature[a, b])
        matches.partial_r[b, a] = _at(partial.T, matches.best_feature[b, a])
        permuted = alive_r(cofiring(models[a], models[b], generator), models[a], models[b])
        matches.permuted_r[a, b] = best_of_rows(permuted)[1]
        matches.permuted_r[b, a] = best_of_rows(permuted.T)[1]
    matches.mutual[:] = is_mutual(matches.best_feature)
    return matches


def alive_r(products: NDArray[np.float64], a: Codes, b: Codes) -> NDArray[np.float32]:
    """r (f_a, f_b), -inf where a feature never fires."""
    r = pearson(products, a, b)
    r[~a.alive], r[:, ~b.alive] = -np.inf, -np.inf
    return r


def best_of_rows(r: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(column, r) of the highest r of every row; (-1, 0) for a row of -inf."""
    best = r.argmax(1)
    value = r[np.arange(len(r)), best]
    exists = np.isfinite(value)
    return np.where(exists, best, -1).astype(np.int32), np.where(exists, value, 0.0).astype(np.float32)


def _record(matches: Matches, a: int, b: int, r: NDArray[np.float32]) -> None:
    matches.best_feature[a, b], matches.best_r[a, b] = best_of_rows(r)
    matches.best_feature[b, a], matches.best_r[b, a] = best_of_rows(r.T)
    assigned = one_to_one(r)
    matches.one_to_one[a, b] = (assigned >= 0) & (assigned == matches.best_feature[a, b])
    partner = np.full(r.shape[1], -1)
    partner[assigned[assigned >= 0]] = np.flatnonzero(assigned >= 0)
    matches.one_to_one[b, a] = (partner >= 0) & (partner == matches.best_feature[b, a])


def one_to_one(r: NDArray[np.float32]) -> NDArray[np.int64]:
    """(f_a,) the column of every row in the assignment with the highest sum of r, -1 for none.

    Rows and columns of -inf take no part. Source: scipy's linear_sum_assignment (the Hungarian problem).
    """
    # scipy's optimisers take half a second to import, which readers of matches need not wait for
    from scipy.optimize import linear_sum_assignment

    rows, columns = (np.flatnonzero(np.isfinite(r).any(axis)) for axis in (1, 0))
    chosen_rows, chosen_columns = linear_sum_assignment(r[np.ix_(rows, columns)], maximize=True)
    assigned = np.full(len(r), -1, dtype=np.int64)
    assigned[rows[chosen_rows]] = columns[chosen_columns]
    return assigned


def is_mutual(best_feature: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(m, m, f) whether a feature is also the best match of its best match (m, m, f)."""
    m, _, f = best_feature.shape
    a, b, i = np.ogrid[:m, :m, :f]
    return (best_feature >= 0) & (best_feature[b, a, best_feature] == i)


def over_others(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """(m, f): the mean over the other models of values (m, m, f); of best r it is the universality of a
    feature (Gurnee et al. 2024)."""
    m = len(values)
    off_diagonal = ~np.eye(m, dtype=bool)
    return ((values * off_diagonal[:, :, None]).sum(1) / (m - 1)).astype(np.float32)


def _at(r: NDArray[np.float32], column: NDArray[np.int32]) -> NDArray[np.float32]:
    """The entry of each row of r in its column; 0 where the column is -1."""
    return np.where(column >= 0, r[np.arange(len(r)), np.maximum(column, 0)], 0.0).astype(np.float32)
