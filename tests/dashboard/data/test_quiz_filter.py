"""Quizzes are chosen by task, structure and who answers right."""

import numpy as np
import pytest

from dashboard.data.quiz.quiz_filter import FAILURES, choose_quizzes

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
        ({"answers": {7: "wrong"}}, [1, 2]),
        ({"answers": {3: "right", 7: "wrong"}}, [1]),
        ({"answers": {3: "any", 7: "right"}}, [0, 3]),
        ({"task": "grow", "answers": {3: "wrong"}}, [3]),
        ({"failing": "all-wrong", "answers": {3: "right"}}, []),
    ],
)
def test_filters_leave_the_quizzes_they_name(filters, expected):
    assert choose_quizzes(TASKS, STRUCTURES, CORRECT, [3, 7], **filters).tolist() == expected


def test_every_way_to_fail_that_is_offered_can_be_chosen():
    for name in FAILURES:
        choose_quizzes(TASKS, STRUCTURES, CORRECT, [3, 7], failing=name)
