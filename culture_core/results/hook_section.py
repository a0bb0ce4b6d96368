"""The results section with one row per hook point."""

from typing import Any

from culture_core.population import Population
from culture_core.results.hook_figures import HookFigures, hook_figures
from culture_core.results.markdown import percent, table
from culture_core.saes.hook_order import short_words
from culture_core.universality.excess import HIGH

TITLE = "Hook points"


def hooks_section(population: Population) -> str:
    """What the SAEs of each hook point are like, by depth."""
    rows = [_row(hook_figures(population, hook)) for hook in population.hooks]
    return (
        "Means over the GPTs, in the order of a forward pass. Coverage: mean over concepts of the best F1 of "
        "any single feature. Probes: mean AUROC of linear probes, which read the residual stream after a "
        f"block. Excess: universality above the highest baseline.\n\n{table(rows)}"
    )


def _row(figures: HookFigures) -> dict[str, Any]:
    return {
        "hook point": f"{short_words(figures.hook)} (`{figures.hook}`)",
        "features": figures.n_features,
        "L0": figures.l0,
        "explained variance": figures.explained_variance,
        "dead": percent(figures.dead),
        "accuracy, SAE spliced in": percent(figures.spliced),
        "accuracy lost": percent(figures.lost),
        "coverage": figures.coverage,
        "probes": figures.probes,
        "mutual in all other GPTs": percent(figures.in_all),
        f"excess > {HIGH}": percent(figures.above_baselines),
    }
