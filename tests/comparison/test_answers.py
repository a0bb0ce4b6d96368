import numpy as np
import pytest
import torch

from culture_core.comparison.answers import Answers, agreement, answers_of
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.models.api import load_culture
from culture_core.models.generation import generate
from culture_core.world.vocabulary import LAST_GRID


def answers_to(*given, truth, task=None):
    """Answers of GPTs to quizzes of one-cell grids, so to say: each a list of colours."""
    wide = np.zeros((len(given), len(truth), 100), dtype=np.uint8)
    wide[:, :, 0] = given
    true = np.zeros((len(truth), 100), dtype=np.uint8)
    true[:, 0] = truth
    return Answers(wide, true, np.array(task or [0] * len(truth), dtype=np.uint8))


@pytest.fixture(scope="module")
def trained(request):
    path = request.path.parents[2] / "cache" / "world-1M"
    return [load_culture(k, path)[0] for k in (0, 2)]


def test_answers_are_those_of_greedy_generation(trained):
    quizzes = evaluation_quizzes(40, 3)
    found = answers_of(trained, quizzes)
    for given, model in zip(found.given, trained, strict=True):
        right, generated = generate(model, quizzes.tokens)
        np.testing.assert_array_equal(given, generated[:, LAST_GRID].numpy())
    assert 0 < found.right.mean() < 1
    assert torch.equal(torch.from_numpy(found.right[1]), right)


def test_two_gpts_agree_where_their_grids_are_equal():
    found = agreement(answers_to([1, 2, 3, 9], [1, 5, 4, 9], truth=[1, 2, 6, 7]))
    assert found["same"][0, 1] == 2 / 4
    assert found["both_wrong"][0, 1] == 2 / 4
    assert found["same_wrong"][0, 1] == 1 / 2


def test_chance_of_both_right_knows_the_tasks():
    found = agreement(answers_to([1, 1, 0, 0], [1, 0, 0, 0], truth=[1, 1, 1, 1], task=[0, 0, 1, 1]))
    assert found["same_by_chance"][0, 1] == pytest.approx(0.5 * (1.0 * 0.5))


def test_chance_of_the_same_mistake_is_that_of_other_quizzes_of_the_task():
    found = agreement(answers_to([5, 5, 6], [5, 7, 5], truth=[1, 1, 1]))
    # mistakes 5, 5, 6 against 5, 7, 5 in other quizzes: (0, 2), (1, 0) and (1, 2) are alike, of six
    assert found["same_wrong_by_chance"][0, 1] == pytest.approx(3 / 6)


def test_a_share_of_no_quizzes_is_not_a_number():
    found = agreement(answers_to([1, 1], [1, 1], truth=[1, 1]))
    assert np.isnan(found["same_wrong"][0, 1])
    assert np.isnan(found["same_wrong_by_chance"][0, 1])
    assert found["same"][0, 1] == 1
