"""Universality over all features that fire, beside the highest baseline."""

from dataclasses import dataclass

import numpy as np

from dashboard.data.population import indexes
from dashboard.data.population.populations import Population
from dashboard.data.universal import universality

STEPS = 101


@dataclass(frozen=True)
class Distribution:
    """by_gpt: universality of the features of each GPT that fire; baseline: by GPT, the highest r that the
    same features reach in a baseline; empty where none was measured."""

    by_gpt: dict[int, np.ndarray]
    baseline: dict[int, np.ndarray]

    @property
    def at_least(self) -> np.ndarray:
        """(m, STEPS) share of each GPT's features whose universality is at least each of the r."""
        return _shares(self.by_gpt)

    @property
    def baseline_at_least(self) -> np.ndarray | None:
        """(STEPS,) the same of the baseline, mean over the GPTs; None where none was measured."""
        return _shares(self.baseline).mean(0) if self.baseline else None

    def share(self, r: float) -> float:
        """Share of features whose universality is at least r, mean over the GPTs."""
        return float(np.mean([(values >= r).mean() for values in self.by_gpt.values()]))

    def baseline_share(self, r: float) -> float:
        """The same of the baseline."""
        return float(np.mean([(values >= r).mean() for values in self.baseline.values()]))


def _shares(by_gpt: dict[int, np.ndarray]) -> np.ndarray:
    steps = np.linspace(0, 1, STEPS)
    return np.stack(
        [1 - np.searchsorted(np.sort(values), steps) / max(len(values), 1) for values in by_gpt.values()]
    )


def universality_distribution(chosen: Population, hook: str) -> Distribution:
    """The universality of every feature that fires at a hook point."""
    matches = universality.matches(chosen, hook)
    firing = {k: ~indexes.index(chosen, hook, k).table.dead.to_numpy() for k in matches.models}
    measured = list(matches.baselines.values())
    return Distribution(
        {k: r[firing[k]] for k, r in matches.universality.items()},
        {k: np.max([by_model[k] for by_model in measured], axis=0)[firing[k]] for k in matches.models}
        if measured
        else {},
    )
