"""Every task is explained, and its example is a pair of its own."""

import numpy as np

from culture_core.world.vocabulary import TASKS
from dashboard.data.words.glossary import TERMS
from dashboard.data.words.task_words import TASK_WORDS, example_row


def test_every_task_has_one_explanation_and_an_example_in_which_something_changes():
    assert set(TASK_WORDS) == set(TASKS)
    for task in TASKS:
        row = example_row(task)
        assert row.labels == ("A", "f(A)")
        assert (row.tokens[1:101] != row.tokens[102:]).any()
    assert len({example_row(task).tokens.tobytes() for task in TASKS}) == len(TASKS)


def test_the_example_of_frame_empties_the_inside_of_one_rectangle():
    row = example_row("frame")
    before, after = row.tokens[1:101].reshape(10, 10), row.tokens[102:].reshape(10, 10)
    changed = np.argwhere(before != after)
    assert (after[before != after] == 0).all()
    assert len({before[i, j] for i, j in changed}) == 1


def test_a_meaning_is_a_sentence():
    assert all(meaning.endswith(".") and len(meaning) < 220 for meaning in TERMS.values())
