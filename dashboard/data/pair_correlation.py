"""Pearson's r of two features from their sparse activations over the same tokens."""

import numpy as np


def pair_correlation(
    a: tuple[np.ndarray, np.ndarray], b: tuple[np.ndarray, np.ndarray], n_tokens: int
) -> float:
    """r of two features; each is (tokens, increasing; values) over the same n_tokens tokens.

    0 where one of them never varies.
    """
    (tokens_a, x), (tokens_b, y) = ((tokens, values.astype(np.float64)) for tokens, values in (a, b))
    _, both_a, both_b = np.intersect1d(tokens_a, tokens_b, assume_unique=True, return_indices=True)
    covariance = x[both_a] @ y[both_b] / n_tokens - x.sum() / n_tokens * y.sum() / n_tokens
    variance = [(v @ v) / n_tokens - (v.sum() / n_tokens) ** 2 for v in (x, y)]
    return float(covariance / np.sqrt(variance[0] * variance[1])) if min(variance) > 0 else 0.0
