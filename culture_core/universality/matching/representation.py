"""How similar the spaces spanned by paired features are: SVCCA and RSA of their decoder directions.

SVCCA: the mean canonical correlation between the two sets of directions, each first reduced to the principal
components that hold 99% of its variance (Raghu et al. 2017). RSA: Spearman's correlation between the
distances, 1 - r, of all pairs of directions within one SAE and within the other (Kriegeskorte et al. 2008).
The null of both pairs the features at random. Source: docs/reference/universality.md, "Paired features".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEPT_VARIANCE = 0.99
PUBLISHED_PAIRS = 1200
SHUFFLES = 20
LEAST_PAIRS = 3


@dataclass(frozen=True)
class Similarity:
    """SVCCA and RSA of n paired features, each with its mean over random pairings."""

    pairs: int
    svcca: float
    svcca_null: float
    rsa: float
    rsa_null: float


def similarity(
    a: NDArray[np.floating], b: NDArray[np.floating], generator: np.random.Generator
) -> Similarity | None:
    """Compare directions (n, d_a) and (n, d_b) of n paired features; None for fewer than three pairs."""
    n = len(a)
    if n < LEAST_PAIRS:
        return None
    base_a, base_b = principal_scores(a), principal_scores(b)
    ranks_a, ranks_b = distance_ranks(a), distance_ranks(b)
    orders = [generator.permutation(n) for _ in range(SHUFFLES)]
    return Similarity(
        pairs=n,
        svcca=_mean_canonical(base_a, base_b),
        svcca_null=float(np.mean([_mean_canonical(base_a, base_b[order]) for order in orders])),
        rsa=_upper_r(ranks_a, ranks_b),
        rsa_null=float(np.mean([_upper_r(ranks_a, ranks_b[np.ix_(order, order)]) for order in orders])),
    )


def principal_scores(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """An orthonormal basis (n, k) of the principal components of x (n, d) that hold 99% of its variance."""
    u, s, _ = np.linalg.svd(x.astype(np.float64) - x.mean(0), full_matrices=False)
    share = np.cumsum(s**2) / max(float((s**2).sum()), 1e-300)
    return u[:, : int(np.searchsorted(share, KEPT_VARIANCE)) + 1]


def _mean_canonical(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Mean canonical correlation of two orthonormal bases (n, k_a) and (n, k_b): over min(k_a, k_b)."""
    return float(np.linalg.svd(a.T @ b, compute_uv=False).clip(0, 1).mean())


def distance_ranks(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Ranks (n, n) of the distances 1 - r between the rows of x; symmetric, the diagonal is 0."""
    from scipy.stats import rankdata

    n = len(x)
    upper = np.triu_indices(n, 1)
    ranks = np.zeros((n, n), dtype=np.float32)
    ranks[upper] = rankdata(1 - np.asarray(np.corrcoef(x.astype(np.float64)))[upper])
    return ranks + ranks.T


def _upper_r(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    upper = np.triu_indices(len(a), 1)
    return float(np.corrcoef(a[upper], b[upper])[0, 1])


def shared_share(a: NDArray[np.floating], b: NDArray[np.floating], at_least: float = 0.7) -> float:
    """The share of directions a (f, d) that have one of b (f, d) with cosine >= at_least, one to one.

    For two SAEs of the same GPT, whose directions are in the same space. Source: Paulo and Belrose 2025.
    """
    from scipy.optimize import linear_sum_assignment

    cosine = _unit(a) @ _unit(b).T
    rows, columns = linear_sum_assignment(cosine, maximize=True)
    return float((cosine[rows, columns] >= at_least).mean())


def _unit(x: NDArray[np.floating]) -> NDArray[np.floating]:
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
