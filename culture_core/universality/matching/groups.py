"""Groups: one feature from each GPT, all of them mutual best matches."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


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


def group_values(values: NDArray[Any], groups: NDArray[np.int32]) -> NDArray[Any]:
    """Values (m, m, f) at every ordered pair of a group: (g, m, m), the diagonal as it lies there."""
    m = groups.shape[1]
    a, b = np.ogrid[:m, :m]
    return values[a, b, groups[:, :, None]]
