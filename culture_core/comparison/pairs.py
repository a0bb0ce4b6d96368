"""Values per pair of GPTs in a population, with an interval that accounts for shared GPTs.

The pairs of m GPTs are not independent: each GPT is in m - 1 of them. So what is left out in turn is a GPT
with all its pairs (jackknife); a bootstrap would draw a GPT twice, and a GPT and itself are not a pair. With
a few GPTs the interval is wide, and by Efron and Stein (1981) rather too wide than too narrow.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.intervals import jackknife_interval

FEWEST_FOR_INTERVAL = 3


def symmetric(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The mean of [a, b] and [b, a] for values (m, m)."""
    return (values.astype(np.float64) + values.T) / 2


def summary(values: NDArray[np.float64], models: Sequence[int]) -> dict[str, Any]:
    """Mean over all pairs of a symmetric (m, m), its 95% interval and every pair.

    NaN is a pair that has no value; mean and bounds are None when no pair has one, the bounds also for fewer
    than three GPTs. Returns mean, interval, pairs (a, b, value; by id).
    """
    rows, columns = np.triu_indices(len(models), 1)
    pairs = [
        {"a": models[a], "b": models[b], "value": _number(values[a, b])}
        for a, b in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return {"mean": _number(pair_mean(values)), "interval": interval(values), "pairs": pairs}


def matrix(one: Mapping[str, Any], models: Sequence[int]) -> NDArray[np.float64]:
    """(m, m) the values of a summary's pairs, NaN for one without a value and on the diagonal."""
    values = np.full((len(models), len(models)), np.nan)
    for pair in one["pairs"]:
        a, b = models.index(pair["a"]), models.index(pair["b"])
        values[a, b] = values[b, a] = np.nan if pair["value"] is None else pair["value"]
    return values


def interval(values: NDArray[np.float64]) -> list[float] | None:
    """95% interval of the mean over pairs of a symmetric (m, m), by leaving out each GPT in turn."""
    m = len(values)
    if m < FEWEST_FOR_INTERVAL:
        return None
    others = [np.delete(np.arange(m), k) for k in range(m)]
    without_each = [pair_mean(values[np.ix_(rest, rest)]) for rest in others]
    if np.isnan(without_each).any():
        return None
    return [round(bound, 6) for bound in jackknife_interval(pair_mean(values), without_each)]


def pair_mean(values: NDArray[np.float64]) -> float:
    """Mean over the pairs a < b that have a value; NaN when none has."""
    upper = values[np.triu_indices(len(values), 1)]
    present = upper[~np.isnan(upper)]
    return float(present.mean()) if len(present) else float("nan")


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
