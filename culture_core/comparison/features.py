"""How universal the features of a population are, for every two of its GPTs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.comparison.pairs import symmetric
from culture_core.universality.excess import HIGH
from culture_core.universality.matching.reader import MatchReader


@dataclass(frozen=True)
class FeatureLikeness:
    """pairs: symmetric (m, m) by name, the mean of both directions over the features that fire.

    universal: share of features whose best r is above that with shuffled quizzes by more than HIGH. mean_r,
    median_r: of the best r; shuffled_r: mean of the highest r with shuffled quizzes; partial_r: mean of r
    with position and token regressed out; mutual: share that are mutual best matches.
    groups: groups of one feature a GPT, all mutual best matches. in_group: the mean share of a GPT's firing
    features that are in one. firing: features that fire, the mean over GPTs.
    """

    pairs: dict[str, NDArray[np.float64]]
    groups: int
    in_group: float
    firing: float


def feature_likeness(matches: MatchReader) -> FeatureLikeness:
    """From the matches of one hook point, which have the baseline of shuffled quizzes."""
    directed = _directed(matches)
    in_group = [matches.in_group(k)[matches.alive[k]].mean() for k in matches.models]
    return FeatureLikeness(
        pairs={name: symmetric(values) for name, values in directed.items()},
        groups=len(matches.groups),
        in_group=float(np.mean(in_group)),
        firing=float(np.mean([alive.sum() for alive in matches.alive.values()])),
    )


def _directed(matches: MatchReader) -> dict[str, NDArray[np.float64]]:
    """The same (m, m), [a, b] about the features of a in b; NaN on the diagonal."""
    best, partial, shuffled = matches.best_r(), matches.partial_r(), matches.shuffled_r()
    m = len(matches.models)
    found: dict[str, NDArray[np.float64]] = {}
    for a, k in enumerate(matches.models):
        for b in range(m):
            if a == b:
                continue
            alive = matches.alive[k]
            r, chance = best[a, b][alive], shuffled[a, b][alive]
            values = {
                "universal": (r - chance > HIGH).mean(),
                "mean_r": r.mean(),
                "median_r": np.median(r),
                "shuffled_r": chance.mean(),
                "mutual": matches.mutual[a, b][alive].mean(),
            }
            if partial is not None:
                values["partial_r"] = partial[a, b][alive].mean()
            for name, value in values.items():
                found.setdefault(name, np.full((m, m), np.nan))[a, b] = value
    return found
