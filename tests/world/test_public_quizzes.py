"""Our reading of the rules explains every quiz that the public code made."""

import pytest
from builders import public_quizzes
from inference import explain

from culture_core.world.quizzes import generate_quizzes
from culture_core.world.structures import canonical_grids, structure_of
from culture_core.world.vocabulary import TASKS


def unexplained(task, tokens):
    grids = canonical_grids(tokens, structure_of(tokens)).tolist()
    return [q for q, quiz_grids in enumerate(grids) if explain(task, quiz_grids) is None]


@pytest.mark.parametrize("task", TASKS)
def test_every_public_quiz_follows_our_reading_of_its_rule(task):
    assert unexplained(task, public_quizzes(task)) == []


@pytest.mark.parametrize("task", TASKS)
def test_generated_quizzes_are_explained_without_their_metadata(task):
    assert unexplained(task, generate_quizzes((task,), 8, seed=3).tokens) == []


@pytest.mark.parametrize("task", TASKS)
def test_quizzes_whose_answers_are_swapped_are_not_explained(task):
    tokens = public_quizzes(task)[:8]
    swapped = tokens.clone()
    swapped[:, 304:] = tokens.roll(1, dims=0)[:, 304:]
    assert len(unexplained(task, swapped)) == 8
