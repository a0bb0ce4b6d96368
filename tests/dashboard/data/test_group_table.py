"""Groups, badges and correlations of matches agree with a plain look at the numbers."""

import numpy as np
import pandas as pd
import pytest

from culture_core.universality.matching.store import Match
from dashboard.components.matches.badges import match_badges
from dashboard.data.universal.group_filter import GroupFilter
from dashboard.data.universal.group_table import choose_groups, first_sort, group_table
from dashboard.data.universal.pair_correlation import pair_correlation


def features() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gpt": [0, 0, 1, 1, 2, 2],
            "feature": [0, 1] * 3,
            "task": ["frame", "grow", "frame", "corners", "detect", "corners"],
            "concept": ["a", "b", "a", "", "a", "b"],
            "concept_words": ["A", "B", "A", "", "A", "B"],
            "f1": [0.9, 0.5, 0.7, np.nan, 0.5, 0.3],
            "density": [0.1, 0.01, 0.2, 0.02, 0.3, 0.03],
        }
    )


def groups() -> pd.DataFrame:
    return pd.DataFrame(
        {"group": [0, 1], "gpt_0": [0, 1], "gpt_1": [0, 1], "gpt_2": [0, 1], "mean_r": [0.9, 0.8]}
    ).assign(min_r=[0.7, 0.75], partial_r=np.nan, excess=[0.1, 0.5])


def test_a_group_has_what_most_of_its_features_have():
    table = group_table(groups(), features(), {1: 0.6})
    assert table.task.tolist() == ["frame", "corners"]
    assert table.concept_words.tolist() == ["A", "B"]
    assert table.density.tolist() == pytest.approx([0.2, 0.02])
    assert table.f1.tolist() == pytest.approx([0.7, 0.8 / 3])
    assert table.agreement.fillna(0).tolist() == [0, 0.6]
    assert "partial_r" not in table


def test_groups_are_filtered_by_task_concept_and_density_and_sorted():
    table = group_table(groups(), features(), {})
    everything = {"sort": "excess", "up": False}
    assert first_sort(table) == "excess"
    assert choose_groups(table, **everything).group.tolist() == [1, 0]
    assert choose_groups(table, **{**everything, "up": True}).group.tolist() == [0, 1]
    assert choose_groups(table, **{**everything, "task": "frame"}).group.tolist() == [0]
    assert choose_groups(table, **{**everything, "concepts": ["b"]}).group.tolist() == [1]
    assert choose_groups(table, **everything, most_dense=0.05).group.tolist() == [1]


def test_groups_that_lack_a_gpt_have_what_the_others_share_and_are_found_by_whom_they_lack():
    some = groups().assign(gpt_1=[-1, 1])
    table = group_table(some, features(), {})
    assert table.n_gpts.tolist() == [2, 3]
    assert table.task.tolist()[1] == "corners"
    assert table.density.tolist() == pytest.approx([0.2, 0.02])
    assert table.f1.tolist() == pytest.approx([0.7, 0.8 / 3])
    chosen = {"sort": "mean_r", "up": False}
    assert choose_groups(table, **chosen, n_gpts=2).group.tolist() == [0]
    assert choose_groups(table, **chosen, absent=[1]).group.tolist() == [0]
    assert choose_groups(table, **chosen, absent=[1, 2]).group.tolist() == []


def test_whom_a_group_lacks_can_be_asked_without_saying_how_many_have_it():
    table = group_table(groups().assign(gpt_1=[-1, 1]), features(), {}).assign(density=0.001)
    assert GroupFilter.parse({}, table).of(table).group.tolist() == [1]
    assert GroupFilter.parse({"absent": "1"}, table).of(table).group.tolist() == [0]
    assert GroupFilter.parse({"absent": "1", "size": "3"}, table).of(table).group.tolist() == []


def test_no_groups_are_an_empty_table():
    assert len(group_table(groups()[:0], features(), {})) == 0


def test_badges_show_the_excess_beside_the_highest_baseline():
    match = Match(1, 5, 0.8, True, True, 0.7, {"permutation": 0.3, "rotation": 0.5})
    assert match.highest_baseline == ("rotation", 0.5)
    assert [badge["text"] for badge in match_badges(match)] == [
        *("r 0.80", "+0.30 over 0.50", "mutual", "one-to-one", "partial 0.70")
    ]
    assert [badge["tone"] for badge in match_badges(match)[:2]] == ["good", "good"]


def test_what_was_not_measured_has_no_badge():
    assert [badge["text"] for badge in match_badges(Match(1, 5, 0.2, False))] == ["r 0.20"]
    assert Match(1, 5, 0.2, False).highest_baseline is None
    assert Match(1, 5, 0.2, False).excess is None


def test_a_match_no_better_than_its_baseline_is_told_apart():
    match = Match(1, 5, 0.9, True, baselines={"permutation": 0.88})
    assert match_badges(match)[1]["tone"] == "poor"


def test_correlation_from_sparse_activations_is_that_of_the_dense_ones():
    chance = np.random.default_rng(0)
    n = 500
    dense = chance.random((2, n)) * (chance.random((2, n)) < 0.3)
    dense[1] += 0.5 * dense[0] * (chance.random(n) < 0.7)
    sparse = [(np.flatnonzero(row), row[row > 0].astype(np.float32)) for row in dense]
    expected = np.corrcoef(dense.astype(np.float32))[0, 1]
    assert pair_correlation(sparse[0], sparse[1], n) == pytest.approx(expected, abs=1e-6)
    nothing = (np.zeros(0, dtype=int), np.zeros(0, np.float32))
    assert pair_correlation(sparse[0], nothing, n) == 0.0
