"""One row of figures for each hook point of a population."""

from collections.abc import Hashable

import pandas as pd

from culture_core.results.hook_figures import HookFigures, hook_figures
from culture_core.saes.hook_order import short_words
from dashboard.data.cached import shared
from dashboard.data.population.indexes import grades_written
from dashboard.data.population.populations import Population
from dashboard.data.universal.universality import matches_written

LOST = "Accuracy lost"
UNKNOWN = "–"


def hook_table(chosen: Population) -> pd.DataFrame:
    """The hook points by depth, with what their SAEs are like; means over the GPTs."""
    return pd.DataFrame([_row(_figures(chosen, hook)) for hook in chosen.hooks]).set_index("Hook point")


def _made_from(chosen: Population, hook: str) -> Hashable:
    """What tells the figures of a hook point from later ones."""
    saes = tuple(chosen.artifact("sae", hook, k).written() for k in chosen.models)
    graded = tuple(grades_written(chosen, hook, k) for k in chosen.models)
    return saes, graded, matches_written(chosen, hook), chosen.artifact("probes").written()


@shared(_made_from, at_most=64)
def _figures(chosen: Population, hook: str) -> HookFigures:
    return hook_figures(chosen, hook)


def _row(figures: HookFigures) -> dict[str, str]:
    return {
        "Hook point": short_words(figures.hook),
        "Features": UNKNOWN if figures.n_features is None else f"{figures.n_features:,}",
        "L0": _number(figures.l0, ".1f"),
        "Explained variance": _number(figures.explained_variance, ".1%"),
        "Dead": _number(figures.dead, ".1%"),
        LOST: _number(figures.lost, ".1%"),
        "Coverage": _number(figures.coverage, ".2f"),
        "Probes": _number(figures.probes, ".2f"),
        "In all GPTs": _number(figures.in_all, ".0%"),
        "Above chance": _number(figures.above_baselines, ".0%"),
    }


def _number(value: float | None, form: str) -> str:
    return UNKNOWN if value is None else format(value, form)
