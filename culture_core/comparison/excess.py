"""Same answers above chance, for a comparison that was kept before they were measured.

GPTs that solve more quizzes give the same answer more often, so the share says little by itself.
"""

from collections.abc import Mapping
from typing import Any

from culture_core.comparison.pairs import interval, matrix, pair_mean, summary

SAME, BY_CHANCE, EXCESS = "same", "same_by_chance", "same_excess"
KINDS = ("world", "culture")


def with_excess(comparison: dict[str, Any]) -> dict[str, Any]:
    """A comparison with the measure "same_excess" of every kind of quizzes that has "same"."""
    populations = [{**one, "pairs": _of_population(one)} for one in comparison["populations"]]
    by_name = {one["name"]: one for one in populations}
    differences = [{**one, "pairs": _of_difference(one, by_name)} for one in comparison["differences"]]
    return {**comparison, "populations": populations, "differences": differences}


def _of_population(one: Mapping[str, Any]) -> dict[str, Any]:
    pairs, models = dict(one["pairs"]), one["models"]
    for kind in KINDS:
        same, chance = pairs.get(f"{kind}.{SAME}"), pairs.get(f"{kind}.{BY_CHANCE}")
        if same and chance and f"{kind}.{EXCESS}" not in pairs:
            excess = summary(matrix(same, models) - matrix(chance, models), models)
            pairs = _inserted(pairs, f"{kind}.{BY_CHANCE}", f"{kind}.{EXCESS}", excess)
    return pairs


def _of_difference(one: Mapping[str, Any], populations: Mapping[str, Any]) -> dict[str, Any]:
    pairs = dict(one["pairs"])
    of, first = populations[one["name"]], populations[one["from"]]
    for name in (f"{kind}.{EXCESS}" for kind in KINDS):
        if name in of["pairs"] and name in first["pairs"] and name not in pairs:
            change = matrix(of["pairs"][name], of["models"]) - matrix(first["pairs"][name], first["models"])
            record = {"mean": round(pair_mean(change), 6), "interval": interval(change)}
            pairs = _inserted(pairs, name.replace(EXCESS, BY_CHANCE), name, record)
    return pairs


def _inserted(pairs: dict[str, Any], after: str, name: str, record: dict[str, Any]) -> dict[str, Any]:
    """The measures with one more behind another, in whose order tables show them."""
    found: dict[str, Any] = {}
    for other, kept in pairs.items():
        found[other] = kept
        if other == after:
            found[name] = record
    return found
