"""Pearson's r of two features from their sparse activations over the same tokens."""

import numpy as np

from culture_core.universality.matching.store import Match
from dashboard.data import gpts, indexes, universality
from dashboard.data.populations import Population

Chosen = tuple[int, int]


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


def stored_correlation(chosen: Population, hook: str, a: Chosen, b: Chosen) -> float:
    """r of two features, given as (GPT, feature), from the sparse activations on the disk.

    Errors: CultureError that says what to run where they are not there.
    """
    both = [indexes.index(chosen, hook, k) for k, _ in (a, b)]
    entries = [index.activations(feature) for index, (_, feature) in zip(both, (a, b), strict=True)]
    return pair_correlation(entries[0], entries[1], both[0].n_tokens)


def stored_match(chosen: Population, hook: str, a: Chosen, b: Chosen) -> Match | None:
    """b as the best match of a in its GPT; None when it is not that, or nothing has been matched."""
    if not universality.has_matches(chosen, hook):
        return None
    best = universality.matches(chosen, hook).best(*a)
    return next((match for match in best if (match.model_k, match.feature) == b), None)


def activations_on(chosen: Population, hook: str, feature: Chosen, tokens: np.ndarray) -> np.ndarray:
    """(n, 404) activations of a feature on quizzes (n, 404), read by its GPT."""
    readings = [gpts.reading(chosen, hook, feature[0], quiz) for quiz in tokens]
    return np.stack([reading.of_feature(feature[1]) for reading in readings])
