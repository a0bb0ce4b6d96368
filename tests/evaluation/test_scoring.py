"""One forward pass against real generation."""

import pytest
import torch

from culture_core import load_culture, load_hooked
from culture_core.evaluation.accuracy import evaluation_quizzes, run_tests
from culture_core.evaluation.scoring import logits_function, score_quizzes
from culture_core.models.generation import generate
from culture_core.world.vocabulary import LAST_GRID

POPULATION = "cache/world-1M"


@pytest.fixture(scope="module")
def shipped_gpt():
    return load_culture([0], source=POPULATION)[0]


@pytest.fixture(scope="module")
def quizzes():
    return evaluation_quizzes(96, seed=3)


def test_greedy_accuracy_equals_greedy_generation(shipped_gpt, quizzes):
    scores = score_quizzes(shipped_gpt, quizzes.tokens)
    correct, predicted = generate(shipped_gpt, quizzes.tokens, deterministic=True)
    assert 0.1 < correct.float().mean() < 1
    assert torch.equal(scores.correct, correct)
    assert torch.equal(scores.predicted[correct], predicted[correct][:, LAST_GRID].to(torch.uint8))


def test_expected_accuracy_equals_the_share_sampling_gets_right(shipped_gpt, quizzes):
    few = quizzes.tokens[:16]
    expected = score_quizzes(shipped_gpt, few).probability
    rounds = 6
    hits = sum(
        generate(shipped_gpt, few, deterministic=False, seed=seed)[0].double() for seed in range(rounds)
    )
    variance = (expected * (1 - expected)).double().sum() / rounds
    difference = (hits / rounds - expected).sum()
    assert abs(difference) < 4 * variance.sqrt() + 1e-6


def test_scores_do_not_depend_on_the_batch_size(shipped_gpt, quizzes):
    whole = score_quizzes(shipped_gpt, quizzes.tokens[:20])
    parts = score_quizzes(shipped_gpt, quizzes.tokens[:20], batch_size=3)
    assert torch.equal(whole.predicted, parts.predicted)
    assert torch.allclose(whole.loss, parts.loss, atol=1e-6)


def test_both_kinds_of_model_score_alike(shipped_gpt, quizzes):
    hooked = load_hooked([0], source=POPULATION)[0]
    ours = score_quizzes(shipped_gpt, quizzes.tokens[:16])
    theirs = score_quizzes(logits_function(hooked), quizzes.tokens[:16])
    assert torch.equal(ours.predicted, theirs.predicted)
    assert torch.allclose(ours.loss, theirs.loss, atol=1e-5)


def test_run_tests_reports_every_task_and_answerable_structure(shipped_gpt, quizzes):
    report = run_tests(shipped_gpt, quizzes)
    assert report["quizzes"] == 96
    assert len(report["by_task"]) == 8
    assert len(report["by_structure"]) == 4
    assert sum(row["quizzes"] for row in report["by_structure"].values()) == 96
    low, high = report["greedy_interval"]
    assert low < report["greedy_accuracy"] < high
