import numpy as np
import pytest
import torch

from culture_core.culture.nearest.classifier import TaskClassifier
from culture_core.culture.nearest.traits import quiz_traits
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.tasks.choice import resolve_tasks
from culture_core.world.vocabulary import N_COLOURS, STRUCTURE_NAMES, WORLD_TASKS


@pytest.fixture(scope="module")
def classifier():
    return TaskClassifier()


@pytest.fixture(scope="module")
def held_out():
    return generate_quizzes(WORLD_TASKS, 100, seed=99)


def test_the_classifier_tells_held_out_world_quizzes_by_their_task(classifier, held_out):
    right = classifier.guess(held_out.tokens).probability.argmax(1) == held_out.task.numpy()
    assert right.mean() > 0.97
    by_task = [right[held_out.task.numpy() == t].mean() for t in range(len(WORLD_TASKS))]
    assert min(by_task) > 0.9


def test_new_world_quizzes_are_spread_evenly_from_usual_to_unusual(classifier, held_out):
    unusual = classifier.guess(held_out.tokens).unusual
    assert 0.4 < unusual.mean() < 0.6
    assert 0.02 < (unusual > 0.95).mean() < 0.1


def test_unseen_tasks_are_unusual(classifier):
    batch = generate_quizzes(resolve_tasks("unseen"), 20, seed=4)
    assert np.median(classifier.guess(batch.tokens).unusual) > 0.95


def test_the_probabilities_of_the_tasks_add_up(classifier, held_out):
    guesses = classifier.guess(held_out.tokens[:9])
    np.testing.assert_allclose(guesses.probability.sum(1), 1)
    assert guesses.task == [WORLD_TASKS[t] for t in guesses.probability.argmax(1)]


def test_the_same_seed_grows_the_same_classifier(held_out):
    first, second = (
        TaskClassifier(n_train=30, n_test=10, seed=6).guess(held_out.tokens[:40]) for _ in range(2)
    )
    np.testing.assert_array_equal(first.probability, second.probability)
    np.testing.assert_array_equal(first.unusual, second.unusual)


def test_traits_know_nothing_of_colours_or_structure(held_out):
    some = held_out[:32]
    order = torch.cat([torch.zeros(1, dtype=torch.long), torch.randperm(N_COLOURS - 1) + 1])
    palette = torch.cat([order, torch.arange(N_COLOURS, 15)]).to(torch.uint8)
    expected = quiz_traits(some.tokens)
    assert torch.equal(quiz_traits(palette[some.tokens.long()]), expected)
    assert torch.equal(quiz_traits(some.reconfigured(STRUCTURE_NAMES[1]).tokens), expected)


def test_no_quizzes_look_like_nothing(classifier):
    guesses = classifier.guess(torch.empty(0, 404, dtype=torch.uint8))
    assert guesses.task == []
    assert len(guesses.unusual) == 0
