"""A task is named only where it stands out from chance."""

import pandas as pd

from dashboard.data.feature.peak_task import NONE_STANDS_OUT, outstanding_tasks, task_words


def test_a_task_that_has_hardly_more_than_its_share_by_chance_is_not_named():
    assert task_words("frame", 0.15, 8) == NONE_STANDS_OUT
    assert task_words("frame", 0.42, 8) == "most in frame, 42%"
    assert task_words("frame", 0.42, 3) == NONE_STANDS_OUT


def test_the_table_names_outstanding_tasks_and_none_for_dead_features():
    table = pd.DataFrame(
        {
            "peak_task": ["frame", "grow", "grow"],
            "peak_task_share": [0.15, 0.5, 1.0],
            "dead": [False, False, True],
        }
    )
    assert outstanding_tasks(table, 8).tolist() == ["", "grow", ""]
