"""Pearson correlation of every feature of one SAE with every feature of another, from sparse activations.

Over n tokens r = (E[xy] - E[x] E[y]) / (sd x sd y); the products come from the tokens where both fire, so
nothing dense of
size tokens x features is made. Source: docs/facts.md, "Universality" (Gurnee et al. 2024).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from culture_core.features.sparse import SparseActivations
from culture_core.world.vocabulary import QUIZ_LENGTH


def to_matrix(activations: SparseActivations) -> sparse.csc_matrix:
    """Activations as a (tokens, f) float32 matrix, without copying; tokens include the one a quiz that is
    never read."""
    shape = (activations.n_quizzes * QUIZ_LENGTH, activations.n_features)
    return sparse.csc_matrix((activations.value, activations.token, activations.indptr), shape=shape)


def correlation(a: sparse.csc_matrix, b: sparse.csc_matrix, n_tokens: int) -> NDArray[np.float32]:
    """r (f_a, f_b) of the columns of two matrices over the same n_tokens tokens; 0 where a feature never
    varies."""
    product = np.asarray((a.T.astype(np.float64) @ b.astype(np.float64)).todense())
    mean_a, sd_a = _moments(a, n_tokens)
    mean_b, sd_b = _moments(b, n_tokens)
    covariance = product / n_tokens - np.outer(mean_a, mean_b)
    scale = np.outer(sd_a, sd_b)
    r = np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0)
    return r.astype(np.float32)


def _moments(x: sparse.csc_matrix, n_tokens: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    wide = x.astype(np.float64)
    mean = np.asarray(wide.sum(axis=0)).ravel() / n_tokens
    second = np.asarray(wide.multiply(wide).sum(axis=0)).ravel() / n_tokens
    return mean, np.sqrt(np.maximum(second - mean**2, 0.0))
