"""What the browser reports of a painted quiz, checked on the server."""

import numpy as np
import pytest

from dashboard.components.grid_editor.editor import read_edit
from dashboard.data.quiz.lab_quizzes import start_quiz

LETTERS = "0123456789abcde"


@pytest.fixture(scope="module")
def quiz():
    return start_quiz("frame", "A,f_A,B,f_B", 0).tokens[0].numpy()


def text_of(tokens):
    return "".join(LETTERS[token] for token in tokens)


def test_a_painted_quiz_is_read(quiz):
    painted = quiz.copy()
    painted[[1, 150, 403]] = [10, 3, 0]
    assert np.array_equal(read_edit(text_of(painted), quiz), painted)


def test_what_is_no_painted_quiz_is_ignored(quiz):
    marker, in_cell = quiz.copy(), quiz.copy()
    marker[101] = 11
    in_cell[5] = 12
    for value in (None, 5, {}, "", "0" * 404, text_of(quiz)[:-1], text_of(quiz) + "0", "f" * 404):
        assert read_edit(value, quiz) is None
    assert read_edit(text_of(marker), quiz) is None
    assert read_edit(text_of(in_cell), quiz) is None
    assert read_edit(text_of(quiz).replace("0", "０", 1), quiz) is None
