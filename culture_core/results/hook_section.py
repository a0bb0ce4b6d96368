"""The results section with one row per hook point."""

from functools import partial
from typing import Any

from culture_core.population import Population
from culture_core.results.hook_figures import HookFigures, hook_figures
from culture_core.results.markdown import MISSING, percent, table
from culture_core.results.present import if_there
from culture_core.results.universal import Measured, Readers, measured
from culture_core.saes.hook_order import short_words
from culture_core.universality.excess import HIGH

TITLE = "Hook points"


def hooks_section(population: Population) -> str:
    """What the SAEs of each hook point are like, by depth."""
    rows = [_row(hook_figures(population, hook)) for hook in population.hooks]
    return (
        "Means over the GPTs, in the order of a forward pass. Coverage: mean over concepts of the best F1 of "
        "any single feature. Probes: mean AUROC of linear probes, which read the residual stream after a "
        f"block. Excess: universality above the highest baseline.\n\n{table(rows)}{_by_measure(population)}"
    )


def _by_measure(population: Population) -> str:
    """What each measure calls universal, by hook point; nothing where only correlation was measured."""
    readers = {hook: if_there(partial(Readers.of, population, hook)) for hook in population.hooks}
    found = {hook: measured(of) for hook, of in readers.items() if of is not None}
    names = list(dict.fromkeys(_measure_name(one) for of_hook in found.values() for one in of_hook))
    if len(names) < 2:
        return ""
    rows = [{"hook point": short_words(hook), **_shares(of_hook, names)} for hook, of_hook in found.items()]
    return (
        "\n\nThe share that each measure calls universal, with its 95% interval; the section on universality "
        f"by every measure has the definitions and, for one hook point, the baselines.\n\n{table(rows)}"
    )


def _shares(found: list[Measured], names: list[str]) -> dict[str, str]:
    shares = {_measure_name(one): _with_interval(one) for one in found}
    return {name: shares.get(name, MISSING) for name in names}


def _measure_name(one: Measured) -> str:
    """As in "features by transfer", "matched groups by effect"."""
    return f"{one.of.split(' ', 1)[1]} by {one.measure}"


def _with_interval(one: Measured) -> str:
    low, high = one.interval
    return f"{percent(one.share)} ({percent(low)} to {percent(high)})"


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
