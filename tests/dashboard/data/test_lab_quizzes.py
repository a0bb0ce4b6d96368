"""Quizzes the Lab starts from and measures on."""

import torch

from culture_core.world.quizzes import generate_quizzes
from dashboard.data.quiz.lab_quizzes import empty_cells, measured_quizzes, start_quiz


def test_a_start_is_the_quiz_of_its_task_structure_and_seed():
    quiz = start_quiz("contact", "f_A,A,f_B,B", 7).tokens[0]
    assert torch.equal(quiz, generate_quizzes(("contact",), 1, 7, structure="f_A,A,f_B,B").tokens[0])
    assert not torch.equal(quiz, start_quiz("contact", "f_A,A,f_B,B", 8).tokens[0])


def test_measured_quizzes_are_of_one_task_and_do_not_repeat():
    tokens = measured_quizzes("grow", 20, 1)
    assert len({bytes(quiz.tolist()) for quiz in tokens}) == 20


def test_an_emptied_quiz_keeps_its_markers():
    quiz = start_quiz("frame", "A,f_A,B,f_B", 0).tokens[0]
    empty = empty_cells(quiz)
    assert empty.nonzero()[:, 0].tolist() == [0, 101, 202, 303]
    assert torch.equal(empty[::101], quiz[::101])
