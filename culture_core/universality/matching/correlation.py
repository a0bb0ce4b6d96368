"""Pearson's r of every feature of one SAE with every feature of another, from the sums of their products.

Over n tokens r = (E[xy] - E[x] E[y]) / (sd x sd y). Source: docs/reference/universality.md, "Correlation"
(Gurnee et al. 2024).
"""

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.matching.confounds import Residuals
from culture_core.universality.matching.products import Products


def pearson(products: Products) -> NDArray[np.float32]:
    """r (f_a, f_b); 0 where a feature never varies."""
    a, b = products.a, products.b
    covariance = products.sums / a.n_tokens - np.outer(a.total, b.total) / a.n_tokens**2
    return _over(covariance, np.sqrt(a.variance), np.sqrt(b.variance))


def alive_r(products: Products) -> NDArray[np.float32]:
    """r (f_a, f_b), -inf where a feature never fires."""
    r = pearson(products)
    r[~products.a.alive], r[:, ~products.b.alive] = -np.inf, -np.inf
    return r


def partial_pearson(products: Products, rest_a: Residuals, rest_b: Residuals) -> NDArray[np.float32]:
    """r (f_a, f_b) of what is left of the features once position and token are regressed out of both.

    0 where a feature is explained by them alone.
    """
    return _over(products.sums - rest_a.explained(rest_b), rest_a.norm, rest_b.norm)


def _over(
    products: NDArray[np.float64], norm_a: NDArray[np.float64], norm_b: NDArray[np.float64]
) -> NDArray[np.float32]:
    scale = np.outer(norm_a, norm_b)
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0).astype(np.float32)
