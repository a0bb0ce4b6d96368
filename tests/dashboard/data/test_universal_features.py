"""The features to look at first are universal and selective."""

import numpy as np
import pandas as pd

from culture_core.universality.matching.store import MatchReader
from dashboard.data.universal.universal_features import most_universal


def two_gpts() -> MatchReader:
    """Matches of two GPTs with three features each; feature 1 of one and 2 of the other are mutual."""
    best_r = np.zeros((2, 2, 3), dtype=np.float32)
    best_r[0, 1], best_r[1, 0] = [0.95, 0.9, 0.1], [0.2, 0.3, 0.8]
    best_feature = np.full((2, 2, 3), -1, dtype=np.int32)
    best_feature[0, 1], best_feature[1, 0] = [0, 2, 0], [1, 0, 1]
    mutual = np.zeros((2, 2, 3), dtype=bool)
    mutual[0, 1, 1] = mutual[1, 0, 2] = True
    arrays = {
        "best_feature": best_feature,
        "best_r": best_r,
        "mutual": mutual,
        "one_to_one": mutual,
        "partial_r": best_r,
    }
    return MatchReader({"models": [0, 1]}, arrays)


def selective() -> pd.DataFrame:
    """The table of three features that are all selective."""
    return pd.DataFrame(
        {"feature": range(3), "density": [0.01] * 3, "fires": [500] * 3, "peak_places": [20] * 3}
    )


def test_the_most_universal_are_selective_and_one_of_each_group():
    everywhere = selective().assign(density=[0.9, 0.01, 0.01])
    refs = most_universal(two_gpts(), {0: everywhere, 1: selective()}, 2)
    assert [(ref.model_k, ref.feature) for ref in refs] == [(0, 1), (1, 1)]


def test_a_group_comes_before_a_stronger_match_that_is_in_none():
    matches = two_gpts()
    assert matches.universality[0][0] > matches.universality[0][1]
    refs = most_universal(matches, {0: selective()}, 3)
    assert [ref.feature for ref in refs] == [1, 0, 2]
    assert matches.in_group(0).tolist() == [False, True, False]


def test_a_feature_bound_to_one_place_is_not_among_the_most_universal():
    bound = selective().assign(peak_places=[1, 20, 20])
    refs = most_universal(two_gpts(), {0: bound, 1: bound}, 6)
    assert refs
    assert all(ref.feature != 0 for ref in refs)
