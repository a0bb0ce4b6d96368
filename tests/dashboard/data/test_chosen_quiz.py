"""What a quiz of the reader's choice is called, and the link that opens it."""

import numpy as np
import pytest

from culture_core.world.codes import decode_quiz
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.chosen_quiz import ChosenQuiz, new_quiz, quiz_of_set


@pytest.fixture(scope="module")
def origin():
    return new_quiz("contact", "A,f_A,B,f_B", 4)


def changed(tokens: np.ndarray, *places: int) -> np.ndarray:
    own = tokens.copy()
    own[list(places)] = (own[list(places)] + 1) % 10
    return own


def test_a_quiz_in_another_order_is_still_the_quiz_it_was(origin):
    quiz = ChosenQuiz(origin, ChosenQuiz(origin, origin.tokens).in_structure("f_B,B,f_A,A"))
    assert not quiz.as_it_was
    assert quiz.n_changed == 0
    assert quiz.task == "contact"
    assert quiz.caption() == ("contact", "seed 4")
    assert quiz.structure == "f_B,B,f_A,A"


def test_a_changed_quiz_has_no_task_and_no_noise(origin):
    quiz = ChosenQuiz(origin, changed(origin.tokens, 5, 99, 302))
    assert quiz.task is None
    assert quiz.caption() == ("your quiz", "3 cells differ from contact, seed 4")
    assert np.array_equal(quiz.clean, quiz.tokens)


def test_the_link_of_a_quiz_brings_back_its_origin_and_its_cells(origin):
    assert ChosenQuiz(origin, origin.tokens).link() == origin.link()
    quiz = ChosenQuiz(origin, changed(origin.tokens, 5))
    link = quiz.link()
    assert np.array_equal(decode_quiz(str(link.pop("quiz"))).numpy(), quiz.tokens)
    assert link == {"set": "new", "task": "contact", "structure": "A,f_A,B,f_B", "seed": 4}


def test_a_quiz_of_a_set_is_named_by_its_number_and_knows_its_noise(population):
    quizzes = quiz_sets.browse_quizzes(population)
    number = int(np.flatnonzero((quizzes.tokens != quizzes.clean).any(1))[0])
    found = quiz_of_set(population, population.hooks[0], "browse", number)
    quiz = ChosenQuiz(found, found.tokens)
    assert quiz.caption() == (quizzes.task[number], f"quiz {number} with answers")
    assert np.array_equal(quiz.clean, quizzes.clean[number])
    assert quiz.link() == {"set": "browse", "number": number}
