"""Universality of every feature by three measures side by side, and where they disagree.

Each measure is an excess over its own baselines: correlation over shuffled quizzes, an untrained GPT and
rotated states; transfer over shuffled quizzes and an untrained GPT; the joint dictionary over shuffled
quizzes. The fourth, effect on the answer, is of groups and families (families/), not of single features.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.excess import HIGH

if TYPE_CHECKING:
    import pandas as pd

    from culture_core.universality.joint.reader import JointReader
    from culture_core.universality.matching.reader import MatchReader
    from culture_core.universality.transfer.reader import TransferReader

CORRELATION, TRANSFER, JOINT = "correlation", "transfer", "joint dictionary"
MEASURES = (CORRELATION, TRANSFER, JOINT)


class Disagreement(NamedTuple):
    """A feature that one measure calls universal and another does not, with both values."""

    model_k: int
    feature: int
    high: str
    low: str
    high_value: float
    low_value: float


def excess_by_measure(
    matches: "MatchReader", transfer: "TransferReader", joint: "JointReader", model_k: int
) -> "pd.DataFrame":
    """One row per feature of a GPT: feature, and its excess by each of MEASURES, NaN where it never fires."""
    import pandas as pd

    correlation = np.where(matches.alive[model_k], matches.lowest_excess[model_k], np.nan)
    values: dict[str, NDArray[np.floating]] = {
        CORRELATION: correlation,
        TRANSFER: transfer.excess[model_k],
        JOINT: joint.universality[model_k] - joint.shuffled_r(model_k),
    }
    return pd.DataFrame({"feature": np.arange(len(correlation)), **values})


def shares_universal(excess: "pd.DataFrame") -> dict[str, float]:
    """By measure, the share of the features that fire, in what it was measured on, whose excess is above
    HIGH; also "all three" and "at least one", of those that fire in all."""
    high = excess[list(MEASURES)].dropna() > HIGH
    return {
        **{name: float((excess[name].dropna() > HIGH).mean()) for name in MEASURES},
        "all three": float(high.all(axis=1).mean()),
        "at least one": float(high.any(axis=1).mean()),
    }


def mean_shares(excess: dict[int, "pd.DataFrame"]) -> dict[str, float]:
    """The mean over GPTs of `shares_universal`. excess: by GPT."""
    shares = [shares_universal(frame) for frame in excess.values()]
    return {name: float(np.mean([of[name] for of in shares])) for name in shares[0]}


def disagreements(excess: dict[int, "pd.DataFrame"]) -> list[Disagreement]:
    """For every two measures, in both directions, the feature of any GPT on which they differ most, if one
    calls it universal and the other does not. excess: by GPT."""
    found = []
    for high in MEASURES:
        for low in MEASURES:
            best = _widest(excess, high, low) if high != low else None
            if best is not None:
                found.append(best)
    return found


def _widest(excess: dict[int, "pd.DataFrame"], high: str, low: str) -> Disagreement | None:
    candidates = []
    for k, frame in excess.items():
        differs = frame[(frame[high] > HIGH) & (frame[low] <= HIGH)]
        if len(differs):
            row = differs.loc[(differs[high] - differs[low]).idxmax()]
            candidates.append(Disagreement(k, int(row.feature), high, low, float(row[high]), float(row[low])))
    return max(candidates, key=lambda one: one.high_value - one.low_value, default=None)
