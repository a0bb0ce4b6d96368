"""The features of an adjacent hook point nearest to each feature: highest r over the same tokens."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.matching.codes import Codes
from culture_core.universality.matching.correlation import alive_r
from culture_core.universality.matching.products import Products

KEPT = 5


@dataclass(frozen=True)
class Nearest:
    """What each of f features of one SAE finds at another hook point, best first.

    feature: (f, k) int64, -1 for none; r: (f, k) float32; cosine: (f, k) float32 of the decoder directions,
    NaN where they are in different spaces. k is KEPT.
    """

    feature: NDArray[np.int64]
    r: NDArray[np.float32]
    cosine: NDArray[np.float32]

    @classmethod
    def of(cls, r: NDArray[np.float32], cosine: NDArray[np.float32]) -> "Nearest":
        """The highest of every row of r (f, f_b), -inf where a feature never fires; cosine: (f, f_b)."""
        k = min(KEPT, r.shape[1])
        some = np.argpartition(-r, k - 1, axis=1)[:, :k]
        best = np.take_along_axis(some, np.argsort(-np.take_along_axis(r, some, 1), 1, kind="stable"), 1)
        found_r, found_cosine = (np.take_along_axis(values, best, 1) for values in (r, cosine))
        exists = np.isfinite(found_r)
        missing = ((0, 0), (0, KEPT - k))
        return cls(
            np.pad(np.where(exists, best, -1), missing, constant_values=-1),
            np.pad(np.where(exists, found_r, np.nan), missing, constant_values=np.nan),
            np.pad(np.where(exists, found_cosine, np.nan), missing, constant_values=np.nan),
        )


def nearest_both_ways(a: Codes, b: Codes, cosine: NDArray[np.float32]) -> tuple[Nearest, Nearest]:
    """What the features of a find in b, and those of b in a. cosine: (f_a, f_b) of the decoder directions."""
    r = alive_r(Products.of(a, b))
    return Nearest.of(r, cosine), Nearest.of(r.T, cosine.T)
