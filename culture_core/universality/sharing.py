"""In how many GPTs each feature is found: by the best match in each other GPT, above its own baseline."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.excess import HIGH
from culture_core.universality.matching.reader import MatchReader

NONE = -1


@dataclass(frozen=True)
class Sharing:
    """Who has the features of one GPT.

    n_gpts: (f,) in how many GPTs each is found, its own included; 0 for one that never fires. lacked_by: (f,)
    the id of the only GPT in which it is not found, NONE where that is not one GPT. alone: (f,) fires, and
    has no r above HIGH in any other GPT. What is found in one GPT need not be alone: a feature with a
    baseline above 1 - HIGH, which other quizzes or an untrained GPT match too, is found in no other.
    """

    n_gpts: NDArray[np.int64]
    lacked_by: NDArray[np.int64]
    alone: NDArray[np.bool_]


def sharing_of(matches: MatchReader, model_k: int) -> Sharing:
    """Who has the features of one GPT: another GPT has a feature if the r of its best match there is above
    the highest baseline of that pair by more than HIGH."""
    a = matches.models.index(model_k)
    found = matches.pair_excess()[a] > HIGH
    found[a] = True
    n_gpts = np.where(matches.alive[model_k], found.sum(0), 0)
    lacking = np.array(matches.models)[found.argmin(0)]
    highest = np.delete(matches.best_r()[a], a, axis=0).max(0)
    return Sharing(
        n_gpts,
        np.where(n_gpts == len(matches.models) - 1, lacking, NONE),
        matches.alive[model_k] & (highest <= HIGH),
    )
