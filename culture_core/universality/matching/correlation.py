"""Pearson's r of every feature of one SAE with every feature of another, from the sums of their products.

Over n tokens r = (E[xy] - E[x] E[y]) / (sd x sd y). Source: docs/reference/universality.md, "Correlation"
(Gurnee et al. 2024).
"""

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.matching.confounds import Residuals
from culture_core.universality.matching.products import Products

# elements of a block of rows: what is computed in float64 is no larger, whatever the number of features
BLOCK = 2**23


def pearson(products: Products) -> NDArray[np.float32]:
    """r (f_a, f_b); 0 where a feature never varies."""
    a, b = products.a, products.b
    norm_a, norm_b = np.sqrt(a.variance), np.sqrt(b.variance)
    r = np.empty((a.n_features, b.n_features), dtype=np.float32)
    rows_at_once = max(1, BLOCK // max(1, b.n_features))
    for first in range(0, len(r), rows_at_once):
        rows = slice(first, first + rows_at_once)
        covariance = products.sums[rows] / a.n_tokens - np.outer(a.total[rows], b.total) / a.n_tokens**2
        r[rows] = _over(covariance, np.outer(norm_a[rows], norm_b))
    return r


def alive_r(products: Products) -> NDArray[np.float32]:
    """r (f_a, f_b), -inf where a feature never fires."""
    r = pearson(products)
    r[~products.a.alive], r[:, ~products.b.alive] = -np.inf, -np.inf
    return r


def partial_r(
    products: Products,
    rest_a: Residuals,
    rest_b: Residuals,
    feature_a: NDArray[np.integer],
    feature_b: NDArray[np.integer],
) -> NDArray[np.float32]:
    """r (n,) of pairs of features of a (n,) and b (n,), of what is left once position and token are regressed
    out of both.

    0 where a feature is explained by them alone.
    """
    left = products.sums[feature_a, feature_b] - rest_a.explained(rest_b, feature_a, feature_b)
    return _over(left, rest_a.norm[feature_a] * rest_b.norm[feature_b])


def _over(products: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0).astype(np.float32)
