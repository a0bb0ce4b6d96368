"""The figures of one hook point, means over the GPTs, as manifests and artifacts have them: what tells hook
points apart in one row."""

from dataclasses import dataclass

import numpy as np

from culture_core.population import Population
from culture_core.results.present import if_there
from culture_core.saes.hook_order import short_words
from culture_core.universality.excess import HIGH
from culture_core.universality.matching.reader import MatchReader


@dataclass(frozen=True)
class HookFigures:
    """Means over the GPTs; None where something was not measured.

    n_features: of one SAE. l0, explained_variance, dead: of the SAEs. accuracy, spliced: share of quizzes
    right without and with the SAE. coverage: mean over concepts of the best F1 of a feature. probes: mean
    AUROC of linear probes there; None away from the residual stream after a block. in_all: share of the
    features that fire with a mutual match in every other GPT. above_baselines: share whose universality is
    more than HIGH above the highest baseline.
    """

    hook: str
    n_features: int | None = None
    l0: float | None = None
    explained_variance: float | None = None
    dead: float | None = None
    accuracy: float | None = None
    spliced: float | None = None
    coverage: float | None = None
    probes: float | None = None
    in_all: float | None = None
    above_baselines: float | None = None

    @property
    def lost(self) -> float | None:
        """Share of quizzes that are wrong only with the SAE spliced in."""
        return None if self.accuracy is None or self.spliced is None else self.accuracy - self.spliced


def hook_figures(population: Population, hook: str) -> HookFigures:
    """Read the figures of one hook point; nothing is computed that an artifact does not hold."""
    matches = if_there(lambda: population.matches(hook))
    return HookFigures(
        hook,
        n_features=if_there(lambda: int(population.sae_manifest(hook, population.models[0])["d_sae"])),
        l0=_sae_mean(population, hook, "l0"),
        explained_variance=_sae_mean(population, hook, "explained_variance"),
        dead=_sae_mean(population, hook, "dead_share"),
        accuracy=_sae_mean(population, hook, "accuracy"),
        spliced=_sae_mean(population, hook, "accuracy_spliced"),
        coverage=if_there(
            lambda: _mean([population.grades(hook, k).coverage["sae"] for k in population.models])
        ),
        probes=if_there(lambda: _probes(population, hook)),
        in_all=None if matches is None else _in_all(matches),
        above_baselines=None if matches is None else _above_baselines(matches),
    )


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


def _sae_mean(population: Population, hook: str, name: str) -> float | None:
    return if_there(
        lambda: _mean([population.sae_manifest(hook, k)["figures"][name] for k in population.models])
    )


def _probes(population: Population, hook: str) -> float | None:
    """Mean AUROC of the probes there; probes name layers as hook points are named in short."""
    table = population.probes().table
    there = table[table.layer == short_words(hook)]
    return float(there.auroc.mean()) if len(there) else None


def _in_all(matches: MatchReader) -> float:
    others = len(matches.models) - 1
    shares = [
        (matches.mutual[a].sum(0) == others)[matches.alive[k]].mean() for a, k in enumerate(matches.models)
    ]
    return _mean(shares)


def _above_baselines(matches: MatchReader) -> float | None:
    if not matches.lowest_excess:
        return None
    return _mean([(r[matches.alive[k]] > HIGH).mean() for k, r in matches.lowest_excess.items()])
