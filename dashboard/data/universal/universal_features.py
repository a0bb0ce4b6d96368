"""The features to look at first: the most universal of the selective ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from culture_core.features.index.selective import is_selective
from culture_core.universality.matching.store import MatchReader


@dataclass(frozen=True)
class FeatureRef:
    """A feature of a GPT, and how universal it is (mean over the other GPTs of the best r)."""

    model_k: int
    feature: int
    universality: float


def most_universal(matches: MatchReader, tables: Mapping[int, pd.DataFrame], n: int) -> list[FeatureRef]:
    """The n most universal features that are selective, one of each group of mutual best matches.

    The most universal are those in a group of all GPTs before others, and among them those of the highest
    excess over the strongest baseline or, where none was measured, of the highest universality.
    tables: by GPT, an index's table. Selective: see `is_selective`.
    """
    chosen: list[FeatureRef] = []
    seen: set[tuple[int, int]] = set()
    for ref in _by_universality(matches, tables):
        if len(chosen) == n:
            break
        if (ref.model_k, ref.feature) in seen:
            continue
        chosen.append(ref)
        seen |= {(m.model_k, m.feature) for m in matches.best(ref.model_k, ref.feature) if m.mutual}
    return chosen


def _by_universality(matches: MatchReader, tables: Mapping[int, pd.DataFrame]) -> Iterator[FeatureRef]:
    """The selective features of all GPTs, most universal first."""
    features = {k: np.flatnonzero(is_selective(table)) for k, table in tables.items()}
    model = np.repeat(list(features), [len(found) for found in features.values()])
    feature = np.concatenate(list(features.values()))
    score = np.concatenate([_score(matches, k)[found] for k, found in features.items()])
    grouped = np.concatenate([matches.in_group(k)[found] for k, found in features.items()])
    for place in np.lexsort((-score, ~grouped)):
        k, chosen = int(model[place]), int(feature[place])
        yield FeatureRef(k, chosen, float(matches.universality[k][chosen]))


def _score(matches: MatchReader, model_k: int) -> np.ndarray:
    """(f,): the lowest excess over any baseline of a GPT's features, or their universality."""
    return (matches.lowest_excess or matches.universality)[model_k]
