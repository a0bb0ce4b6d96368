"""Rows of grids: what is drawn."""

from pathlib import Path

import numpy as np
import pytest

from culture_core.errors import CultureError
from culture_core.figures.rows import answered_row, in_pairs, position_name, quiz_row
from culture_core.world.structures import reconfigure
from culture_core.world.vocabulary import STRUCTURE_NAMES

FIXTURES = Path(__file__).parents[1] / "fixtures"


def quiz(task: str = "frame") -> np.ndarray:
    return np.load(FIXTURES / "world_quizzes.npz")[task][0]


@pytest.mark.parametrize(
    ("structure", "labels", "links"),
    [
        ("A,f_A,B,f_B", ("A", "f(A)", "B", "f(B)"), ("right", "", "right")),
        ("f_A,A,f_B,B", ("f(A)", "A", "f(B)", "B"), ("left", "", "left")),
        ("B,f_B,A,f_A", ("B", "f(B)", "A", "f(A)"), ("right", "", "right")),
        ("f_B,f_A,A,B", ("f(B)", "f(A)", "A", "B"), ("", "left", "")),
    ],
)
def test_labels_and_arrows_follow_the_structure(structure, labels, links):
    import torch

    tokens = reconfigure(torch.tensor(quiz()[None]), structure)[0].numpy()
    row = quiz_row(tokens)
    assert structure in STRUCTURE_NAMES
    assert row.labels == labels
    assert row.links == links


def test_tokens_with_other_markers_are_no_quiz():
    tokens = quiz().copy()
    tokens[101] = 3
    with pytest.raises(CultureError, match="not a quiz"):
        quiz_row(tokens)


def test_values_of_the_wrong_length_are_refused():
    with pytest.raises(CultureError, match="values"):
        quiz_row(quiz(), values=np.zeros(403))


def test_answers_stand_behind_the_quiz_and_differ_from_the_truth_where_they_are_wrong():
    tokens = quiz()
    answers = np.stack([tokens[304:], tokens[304:]])
    answers[1, [5, 17]] = 9
    row = answered_row(tokens, answers, ["GPT 0", "GPT 1"], values=np.full((2, 100), 0.25))
    wrong = np.flatnonzero(row.tokens != row.truth)
    assert row.labels == ("A", "f(A)", "B", "f(B)", "GPT 0", "GPT 1")
    assert row.links[3] == "bar"
    assert row.starts == (0, 101, 202, 303, 303, 303)
    assert wrong.tolist() == [505 + 1 + 5, 505 + 1 + 17]
    assert np.isnan(row.values[:405]).all()
    assert (row.values[405:505] == 0.25).all()


def test_positions_are_named_by_grid_row_and_column():
    labels = ("f(A)", "A", "f(B)", "B")
    assert position_name(101, labels) == "the marker of A"
    assert position_name(202 + 1 + 37, labels) == "f(B), row 3, column 7"


def test_a_quiz_in_pairs_keeps_every_cell_with_its_place_and_numbers_the_reading_order():
    tokens = np.concatenate([[marker, *np.full(100, marker - 11)] for marker in (14, 12, 11, 13)])
    values = np.arange(404.0)
    row = quiz_row(tokens, values=values, clean=tokens.astype(np.uint8))
    pairs = in_pairs(row)
    assert pairs.labels == ("3 · A", "2 · f(A)", "4 · B", "1 · f(B)")
    assert pairs.links == ("right", "", "right")
    for block, start in enumerate(pairs.starts):
        shown = slice(block * 101, (block + 1) * 101)
        assert np.array_equal(pairs.values[shown], values[start : start + 101])
        assert np.array_equal(pairs.tokens[shown], tokens[start : start + 101])
        assert np.array_equal(pairs.clean[shown], tokens[start : start + 101])
    assert pairs.starts == (202, 101, 303, 0)
