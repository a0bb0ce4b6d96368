"""Quizzes are chosen by task, structure and who fails."""

import numpy as np
import pytest

from dashboard.data.quiz_filter import choose_quizzes, failure_options

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
