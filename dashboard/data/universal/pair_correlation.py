"""Pearson's r of two features from their sparse activations over the same tokens."""

from dataclasses import dataclass

import numpy as np

from culture_core.errors import CultureError
from culture_core.features.index.parts import TOKENS_READ
from culture_core.universality.matching.store import Match
from dashboard.data.feature.sample import sample_activations
from dashboard.data.population import gpts, indexes
from dashboard.data.population.populations import Population
from dashboard.data.universal import universality

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


@dataclass(frozen=True)
class Measured:
    """r of two features over n quizzes; firing: on how many of their tokens each fires."""

    r: float
    n_quizzes: int
    firing: tuple[int, int]


def measured_correlation(chosen: Population, hook: str, a: Chosen, b: Chosen) -> Measured:
    """r of two features, given as (GPT, feature): over all quizzes of the index where the activations are on
    disk, else over the first of them, read now."""
    both = [indexes.index(chosen, hook, k) for k, _ in (a, b)]
    n_quizzes = both[0].n_quizzes
    try:
        entries = [index.activations(feature) for index, (_, feature) in zip(both, (a, b), strict=True)]
    except CultureError:
        samples = [sample_activations(chosen, hook, k) for k, _ in (a, b)]
        n_quizzes = samples[0].n_quizzes
        entries = [sample.of_feature(feature) for sample, (_, feature) in zip(samples, (a, b), strict=True)]
    r = pair_correlation(entries[0], entries[1], n_quizzes * TOKENS_READ)
    return Measured(r, n_quizzes, (len(entries[0][0]), len(entries[1][0])))


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
