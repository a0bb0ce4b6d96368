"""Best, mutual and one-to-one matches between the features of two SAEs, from r (f_a, f_b) of every two.

r is -inf where a feature never fires. Best.of(r) is what the features of a find in b, Best.of(r.T) the
reverse.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Best:
    """What each of f features of one SAE finds in another: (-1, 0) for one that never fires.

    feature: (f,) int32, the most correlated one there; r: (f,) float32.
    """

    feature: NDArray[np.int32]
    r: NDArray[np.float32]

    @classmethod
    def of(cls, r: NDArray[np.float32]) -> "Best":
        """The highest of every row."""
        best = r.argmax(1)
        value = r[np.arange(len(r)), best]
        exists = np.isfinite(value)
        feature, found = np.where(exists, best, -1), np.where(exists, value, 0.0)
        return cls(feature.astype(np.int32), found.astype(np.float32))

    def where_found(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values (f,) of the matches; 0 where there is none."""
        return np.where(self.feature >= 0, values, 0).astype(np.float32)

    def is_mutual(self, back: "Best") -> NDArray[np.bool_]:
        """(f,) whether a feature is also the best match of its best match."""
        return (self.feature >= 0) & (back.feature[self.feature] == np.arange(len(self.feature)))

    def is_partner(self, partner: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(f,) whether the best match is the partner that an assignment (f,) gives, -1 for none."""
        return (partner >= 0) & (partner == self.feature)


def one_to_one(r: NDArray[np.float32]) -> NDArray[np.int64]:
    """(f_a,) the column of every row in the assignment with the highest sum of r, -1 for none.

    Rows and columns of -inf take no part. Source: scipy's linear_sum_assignment (the Hungarian problem).
    """
    # scipy's optimisers take half a second to import, which readers of matches need not wait for
    from scipy.optimize import linear_sum_assignment

    rows, columns = (np.flatnonzero(np.isfinite(r).any(axis)) for axis in (1, 0))
    # negated in float64 here: of anything else scipy makes two more matrices of this size
    cost = np.negative(r[np.ix_(rows, columns)], dtype=np.float64)
    chosen_rows, chosen_columns = linear_sum_assignment(cost)
    assigned = np.full(len(r), -1, dtype=np.int64)
    assigned[rows[chosen_rows]] = columns[chosen_columns]
    return assigned


def inverted(assigned: NDArray[np.int64], n_columns: int) -> NDArray[np.int64]:
    """(f_b,) the row of every column in an assignment (f_a,), -1 for none."""
    partner = np.full(n_columns, -1)
    rows = np.flatnonzero(assigned >= 0)
    partner[assigned[rows]] = rows
    return partner
