"""Every generated quiz follows its rule, as an independent slow checker sees it."""

import pytest
from builders import quizzes_to_check
from rule_checker import RuleBrokenError, check

from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import TASKS


@pytest.mark.parametrize("task", TASKS)
def test_every_generated_quiz_follows_its_rule(task):
    batch = generate_quizzes((task,), 300, seed=1, structure="mixed", noise=0.05)
    for quiz in quizzes_to_check(batch):
        check(quiz)


@pytest.mark.parametrize("task", TASKS)
def test_checker_rejects_a_changed_cell_in_any_grid(task):
    batch = generate_quizzes((task,), 8, seed=2)
    for q, quiz in enumerate(quizzes_to_check(batch)):
        pair = quiz.pairs[q % 2]
        grid = pair.x if q % 4 < 2 else pair.f
        cell = (q, 9 - q)
        grid[cell] = (grid[cell] + 1) % 11
        with pytest.raises(RuleBrokenError):
            check(quiz)
