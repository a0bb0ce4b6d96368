"""Features to begin with on a quiz: strong ones with their matches, and those that fire where a cell is
predicted."""

from collections.abc import Sequence

import numpy as np

from dashboard.data.feature.feature_names import MOST_FEATURES, FeatureName
from dashboard.data.population import gpts, indexes
from dashboard.data.population.populations import Population
from dashboard.data.quiz.answers import activations
from dashboard.data.universal import universality
from dashboard.data.universal.universal_features import most_universal

SUGGESTED = 4
STRONG, TRIED = 0.4, 8
LEAST_MAXIMUM = 1e-6


def first_features(chosen: Population, hook: str, tokens: np.ndarray) -> list[FeatureName]:
    """The most universal of the selective features of the first GPT that are strong on a quiz (404,), with
    matches that fire there too; none where nothing was indexed or matched."""
    model_k = chosen.models[0]
    if not (universality.has_matches(chosen, hook) and indexes.has_index(chosen, hook, model_k)):
        return []
    reading = gpts.reading(chosen, hook, model_k, tokens)
    table = indexes.index(chosen, hook, model_k).table
    peak = np.zeros(len(table), np.float32)
    np.maximum.at(peak, reading.feature, reading.value)
    strong = table.assign(fires=table.fires.where(peak > STRONG * table["max"], 0))
    refs = most_universal(universality.matches(chosen, hook), {model_k: strong}, TRIED)
    groups = [with_matches(chosen, hook, [FeatureName(ref.model_k, ref.feature)]) for ref in refs]
    if not groups:
        return []
    firing = [int((activations_of(chosen, hook, group, tokens) > 0).any(1).sum()) for group in groups]
    return sorted(groups[int(np.argmax(firing))])


def with_matches(chosen: Population, hook: str, names: Sequence[FeatureName]) -> list[FeatureName]:
    """Features and their best match in each other GPT, at most MOST_FEATURES."""
    matches = universality.matches(chosen, hook)
    found = [
        FeatureName(match.model_k, match.feature)
        for name in names
        for match in matches.best(name.model_k, name.feature)
    ]
    return list(dict.fromkeys([*names, *found]))[:MOST_FEATURES]


def firing_at(chosen: Population, hook: str, tokens: np.ndarray, position: int) -> list[FeatureName]:
    """The features that fire most in each GPT where the cell at `position` is predicted."""
    names = []
    for k in chosen.models:
        features, _ = gpts.reading(chosen, hook, k, tokens).at(position - 1)
        names += [FeatureName(k, int(feature)) for feature in features[:SUGGESTED]]
    return names


def activations_of(
    chosen: Population, hook: str, names: Sequence[FeatureName], tokens: np.ndarray
) -> np.ndarray:
    """Activations (n, 404) of n features on a quiz (404,)."""
    return activations(chosen, hook, [(name.model_k, name.feature) for name in names], tokens)


def maximum_of(chosen: Population, hook: str, name: FeatureName, values: np.ndarray) -> float:
    """A feature's maximum over its index, or over `values` where there is none or they are higher."""
    highest = max(float(values.max()), LEAST_MAXIMUM)
    if not indexes.has_index(chosen, hook, name.model_k):
        return highest
    return max(highest, indexes.index(chosen, hook, name.model_k).max_activation(name.feature))


def n_features(chosen: Population, hook: str) -> dict[int, int]:
    """By GPT, how many features its SAE has."""
    return {k: len(gpts.sae(chosen, hook, k).W_dec) for k in chosen.models}
