"""Confidence intervals of a share."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

Z_95 = 1.959963984540054


def wilson_interval(hits: float, total: float, z: float = Z_95) -> tuple[float, float]:
    """Wilson score interval of hits / total (Wilson 1927), at 95% by default; (0, 1) when total is 0."""
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    scale = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_interval(mean: float, variance: float, total: float) -> tuple[float, float]:
    """95% interval of the mean of `total` values in [0, 1] with that sample variance (over total - 1):
    Student's t with total - 1 degrees of freedom; (0, 1) for fewer than five values, which say little."""
    if total < 5:
        return 0.0, 1.0
    half = _t_95(total - 1) * math.sqrt(variance / total)
    return max(0.0, mean - half), min(1.0, mean + half)


def _t_95(freedom: float) -> float:
    """The quantile of t for 95% intervals, to 0.01 from 4 degrees of freedom on: Fisher's expansion,
    as training does without scipy."""
    z, v = Z_95, freedom
    terms = (
        (z**3 + z) / 4 / v,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96 / v**2,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / v**3,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160 / v**4,
    )
    return z + sum(terms)


def design_effect(values: ArrayLike, cluster: ArrayLike) -> float:
    """By what factor the variance of the mean of values (n,) is larger than if all were independent, when
    those of one cluster (n,) go together; at least 1 (Kish 1965). Clusters are of about the same size.

    With n divided by it, intervals for independent values hold.
    """
    values, (_, place) = np.asarray(values, dtype=np.float64), np.unique(cluster, return_inverse=True)
    size = np.bincount(place)
    independent = values.var() / len(values) if len(values) else 0.0
    if len(size) < 2 or len(size) == len(values) or independent == 0:
        return 1.0
    means = np.bincount(place, weights=values) / size
    return max(1.0, float(means.var(ddof=1) / len(means) / independent))


def paired_interval(gained: int, lost: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Interval of the change of a share measured twice on the same `total` quizzes; (-1, 1) when total is 0.

    gained: wrong before and right after; lost: right before and wrong after. Wald's interval with half a
    quiz added to each of the four outcomes (Agresti and Min 2005).
    """
    if total == 0:
        return -1.0, 1.0
    n, up, down = total + 2, gained + 0.5, lost + 0.5
    change = (up - down) / n
    half = z * math.sqrt(max(0.0, up + down - (up - down) ** 2 / n)) / n
    return max(-1.0, change - half), min(1.0, change + half)


def sum_interval(parts: Sequence[float], intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Interval of a sum of independent estimates, from theirs (Zou and Donner 2008, "MOVER")."""
    below = math.sqrt(sum((part - low) ** 2 for part, (low, _) in zip(parts, intervals, strict=True)))
    above = math.sqrt(sum((high - part) ** 2 for part, (_, high) in zip(parts, intervals, strict=True)))
    return sum(parts) - below, sum(parts) + above


def jackknife_interval(
    whole: float, without_each: Sequence[float], confidence: float = 0.95
) -> tuple[float, float]:
    """Interval of a statistic of n units from its values with each unit left out: Student's t with n - 1
    degrees of freedom on the jackknife's standard error (Tukey 1958)."""
    from scipy.stats import t

    n = len(without_each)
    mean = sum(without_each) / n
    error = math.sqrt((n - 1) / n * sum((value - mean) ** 2 for value in without_each))
    half = float(t.ppf((1 + confidence) / 2, n - 1)) * error
    return whole - half, whole + half
