"""Steps through a list go where a walk along its rows goes."""

import numpy as np
import pandas as pd
import pytest

from dashboard.data.feature.feature_filter import FeatureFilter, choose_features
from dashboard.data.feature.listed import listed_features, listed_groups


@pytest.fixture
def table() -> pd.DataFrame:
    """Forty features of two GPTs, a third of them starred."""
    chance = np.random.default_rng(3)
    n = 40
    return pd.DataFrame(
        {
            "gpt": np.repeat([0, 3], n // 2),
            "feature": np.tile(np.arange(n // 2), 2),
            "dead": chance.random(n) < 0.2,
            "density": chance.integers(0, 6, n) / 10,
            "starred": chance.random(n) < 0.35,
        }
    )


STARRED = FeatureFilter(starred=True, sort="density")


def keys(table: pd.DataFrame) -> list[tuple[int, int]]:
    return list(zip(table.gpt.tolist(), table.feature.tolist(), strict=True))


def test_next_and_previous_visit_the_filtered_list_in_its_order(table):
    rows, expected = listed_features(table, STARRED), keys(choose_features(table, STARRED))
    assert len(rows) == len(expected) > 5
    for step, way in ((1, expected), (-1, expected[::-1])):
        walked = [way[0]]
        while (key := rows.next(rows.place(walked[-1]), step, 0)) is not None:
            walked.append(key)
        assert walked == way
    assert [rows.number(rows.place(key)) for key in expected] == list(range(1, len(expected) + 1))


def test_a_feature_that_leaves_the_list_keeps_its_neighbours(table):
    before = keys(choose_features(table, STARRED))
    gpt, feature = before[3]
    left = table.assign(starred=table.starred & ~((table.gpt == gpt) & (table.feature == feature)))
    rows = listed_features(left, STARRED)
    place = rows.place((gpt, feature))
    assert len(rows) == len(before) - 1
    assert rows.number(place) is None
    assert (rows.next(place, -1, gpt), rows.next(place, 1, gpt)) == (before[2], before[4])


def test_a_group_is_stepped_through_in_the_same_gpt_where_it_can():
    rows = listed_groups(pd.DataFrame({"group": [4, 9, 2], "gpt_0": [5, -1, 7], "gpt_2": [8, 6, 1]}))
    assert rows.place((2, 8)) == rows.place((0, 5)) == 0
    assert rows.place((0, 6)) is rows.place((1, 5)) is None
    assert rows.next(0, 1, 2) == rows.next(0, 1, 0) == (2, 6)
    assert rows.next(1, 1, 0) == (0, 7)
    assert rows.next(1, -1, 2) == (2, 8)
    assert rows.next(2, 1, 0) is None


def test_random_is_another_row_of_the_list(table):
    rows, there = listed_features(table, STARRED), set(keys(choose_features(table, STARRED)))
    place = rows.place(min(there))
    drawn = {rows.any_but(place, 0) for _ in range(300)}
    assert drawn == there - {min(there)}
    assert listed_groups(pd.DataFrame({"gpt_0": [1]})).any_but(0, 0) is None
