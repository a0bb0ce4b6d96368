"""Universality over all features that fire, beside the baselines."""

from dataclasses import dataclass

import numpy as np

from dashboard.data import indexes, universality
from dashboard.data.populations import Population


@dataclass(frozen=True)
class Distribution:
    """by_gpt: universality of the features of each GPT that fire; baselines: by name, the same features' best
    r in a stand-in for the other GPTs, all GPTs together."""

    by_gpt: dict[int, np.ndarray]
    baselines: dict[str, np.ndarray]


def universality_distribution(chosen: Population, hook: str) -> Distribution:
    """The universality of every feature that fires at a hook point."""
    matches = universality.matches(chosen, hook)
    firing = {k: ~indexes.index(chosen, hook, k).table.dead.to_numpy() for k in matches.models}
    return Distribution(
        {k: r[firing[k]] for k, r in matches.universality.items()},
        {
            name: np.concatenate([r[firing[k]] for k, r in by_model.items()])
            for name, by_model in matches.baselines.items()
        },
    )
