"""Choosing quizzes and features."""

import numpy as np
import pandas as pd
import pytest

from culture_core.features.index.sparse import Overlays
from culture_core.universality.matching.store import MatchReader
from dashboard.data.quiz_filter import choose_quizzes, failure_options
from dashboard.data.stepping import next_alive, page_of
from dashboard.data.universal_features import most_universal

TASKS = ["frame", "grow", "frame", "grow"]
STRUCTURES = ["A,f_A,B,f_B", "A,f_A,B,f_B", "f_A,A,f_B,B", "f_A,A,f_B,B"]
CORRECT = np.array([[True, True, False, False], [True, False, False, True]])


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"task": "frame"}, [0, 2]),
        ({"structure": "f_A,A,f_B,B"}, [2, 3]),
        ({"failing": "all-right"}, [0]),
        ({"failing": "all-wrong"}, [2]),
        ({"failing": "some-wrong"}, [1, 3]),
        ({"failing": "gpt-7-wrong"}, [1, 2]),
        ({"task": "grow", "failing": "gpt-3-wrong"}, [3]),
    ],
)
def test_filters_leave_the_quizzes_they_name(filters, expected):
    assert choose_quizzes(TASKS, STRUCTURES, CORRECT, [3, 7], **filters).tolist() == expected


def test_every_way_to_fail_that_is_offered_can_be_chosen():
    for name in failure_options([3, 7]):
        choose_quizzes(TASKS, STRUCTURES, CORRECT, [3, 7], failing=name)


def two_gpts() -> MatchReader:
    """Matches of two GPTs with three features each; feature 1 of one and 2 of the other are mutual."""
    best_r = np.zeros((2, 2, 3), dtype=np.float32)
    best_r[0, 1], best_r[1, 0] = [0.95, 0.9, 0.1], [0.2, 0.3, 0.8]
    best_feature = np.full((2, 2, 3), -1, dtype=np.int32)
    best_feature[0, 1], best_feature[1, 0] = [0, 2, 0], [1, 0, 1]
    mutual = np.zeros((2, 2, 3), dtype=bool)
    mutual[0, 1, 1] = mutual[1, 0, 2] = True
    nothing = Overlays(np.zeros(37, dtype=np.int64), np.zeros(0, np.uint16), np.zeros(0, np.float32))
    overlays = nothing.arrays("partner_0") | nothing.arrays("partner_1")
    arrays = {"best_feature": best_feature, "best_r": best_r, "mutual": mutual, **overlays}
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


def test_steps_skip_dead_features_and_go_round():
    dead = np.array([False, True, True, False, True])
    assert next_alive(dead, 0, 1) == 3
    assert next_alive(dead, 3, 1) == 0
    assert next_alive(dead, 0, -1) == 3
    assert next_alive(np.ones(4, dtype=bool), 2, 1) == 2


def test_pages_cover_all_items_once_and_a_page_too_far_is_the_last():
    items = [i for page in (1, 2, 3) for i in range(20)[page_of(20, 8, page)]]
    assert items == list(range(20))
    assert page_of(20, 8, 99) == slice(16, 20)
    assert page_of(0, 8, 1) == slice(0, 0)


def test_a_feature_bound_to_one_place_is_not_among_the_most_universal():
    bound = selective().assign(peak_places=[1, 20, 20])
    refs = most_universal(two_gpts(), {0: bound, 1: bound}, 6)
    assert refs
    assert all(ref.feature != 0 for ref in refs)
