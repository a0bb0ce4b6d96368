"""Groups: one feature from each of several GPTs, all of them mutual best matches."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

ABSENT = -1
LEAST_MODELS = 2


def find_groups(best_feature: NDArray[np.int32]) -> NDArray[np.int32]:
    """Every group as a row of m feature numbers: (g, m).

    best_feature: (m, m, f), see Matches. In a group each feature is the best match, in its model, of every
    other one.
    """
    m = len(best_feature)
    members = best_feature[0].T.copy()
    members[:, 0] = np.arange(len(members))
    whole = (members >= 0).all(1)
    for a in range(m):
        for b in range(m):
            if a != b:
                whole &= best_feature[a, b, members[:, a]] == members[:, b]
    return members[whole]


def find_smaller_groups(best_feature: NDArray[np.int32]) -> NDArray[np.int32]:
    """Every group that lacks some of the m models and is part of no larger one: (g, m), -1 for a model it
    lacks; the largest first.

    Such a group has at least LEAST_MODELS features.
    """
    m = len(best_feature)
    known = find_groups(best_feature)
    n_whole = len(known)
    for size in range(m - 1, LEAST_MODELS - 1, -1):
        found = list(_groups_of(best_feature, size))
        new = [group[~_within(group, known)] for group in found]
        known = np.concatenate([known, *new])
    return known[n_whole:]


def _groups_of(best_feature: NDArray[np.int32], size: int) -> Iterator[NDArray[np.int32]]:
    """The groups of every choice of models of a size."""
    m = len(best_feature)
    for chosen in map(list, combinations(range(m), size)):
        found = find_groups(best_feature[np.ix_(chosen, chosen)])
        members = np.full((len(found), m), ABSENT, dtype=found.dtype)
        members[:, chosen] = found
        yield members


def _within(groups: NDArray[np.int32], larger: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(g,) which of the groups (g, m), all of the same models, are part of one of the larger (k, m)."""
    if len(groups) == 0:
        return np.zeros(0, dtype=bool)
    there = (groups != ABSENT).any(0)
    rows = np.concatenate([larger[:, there], groups[:, there]])
    _, number = np.unique(rows, axis=0, return_inverse=True)
    return np.isin(number[len(larger) :], number[: len(larger)])


def group_values(values: NDArray[Any], groups: NDArray[np.int32]) -> NDArray[Any]:
    """Values (m, m, f) at every ordered pair of a group: (g, m, m), the diagonal as it lies there."""
    m = groups.shape[1]
    a, b = np.ogrid[:m, :m]
    return values[a, b, groups[:, :, None]]


def pair_values(values: NDArray[np.floating], groups: NDArray[np.int32]) -> NDArray[np.floating]:
    """Values (m, m, f) at the ordered pairs of each group: (g, m (m - 1)), NaN where a model is lacking."""
    m = groups.shape[1]
    there = groups != ABSENT
    pairs = np.where(there[:, :, None] & there[:, None, :], group_values(values, groups), np.nan)
    return pairs[:, ~np.eye(m, dtype=bool)]
