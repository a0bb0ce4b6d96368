"""Accuracy before and after an intervention, and its interval."""

import math

import pytest
import torch

from culture_core import load_culture
from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.evaluation.scoring import QuizScores, score_quizzes
from culture_core.evaluation.steering import accuracy_change, prepare_bench
from culture_core.intervals import paired_interval
from culture_core.models.steering import steered


@pytest.mark.parametrize("hook", ["blocks.0.hook_mlp_out", "blocks.1.hook_resid_post"])
def test_a_bench_scores_as_the_whole_gpt_does(fixture_gpts, hook):
    gpt = load_culture([1], source=fixture_gpts)[0]
    tokens = evaluation_quizzes(7, seed=2).tokens
    bench = prepare_bench(gpt, hook, tokens, batch_size=3)
    for ours, theirs in (
        (bench.intact, score_quizzes(gpt, tokens)),
        (bench.under(torch.neg), score_quizzes(steered(gpt, hook, torch.neg), tokens)),
    ):
        assert torch.allclose(ours.loss, theirs.loss, atol=1e-5)
        assert torch.equal(ours.predicted, theirs.predicted)
        assert torch.equal(ours.correct, theirs.correct)


def scores(correct):
    n = len(correct)
    return QuizScores(torch.ones(n), torch.zeros(n, 100), torch.tensor(correct), torch.ones(n, 100))


def test_gains_and_losses_are_counted_quiz_by_quiz():
    change = accuracy_change(scores([True, True, False, False]), scores([True, False, True, True]))
    assert (change.gained, change.lost, change.quizzes) == (2, 1, 4)
    assert (change.before, change.after, change.change) == (0.5, 0.75, 0.25)
    low, high = change.change_interval
    assert low < 0.25 < high


def test_the_paired_interval_covers_the_truth():
    """Coverage by simulation, at several true changes."""
    generator = torch.Generator().manual_seed(0)
    for up, down in ((0.05, 0.02), (0.3, 0.1), (0.0, 0.4)):
        draws = torch.rand(2000, 100, generator=generator)
        gained, lost = (draws < up).sum(1), ((draws >= up) & (draws < up + down)).sum(1)
        covered = 0
        for g, lo in zip(gained.tolist(), lost.tolist(), strict=True):
            low, high = paired_interval(g, lo, 100)
            covered += low <= up - down <= high
        assert 0.93 < covered / 2000 <= 1


def test_the_paired_interval_of_nothing_is_everything_and_shrinks_with_data():
    assert paired_interval(0, 0, 0) == (-1.0, 1.0)
    low, high = paired_interval(0, 0, 100)
    assert low == pytest.approx(-high)
    assert 0 < high < 0.03
    widths = [math.dist(*[[x] for x in paired_interval(n // 10, 0, n)]) for n in (50, 500, 5000)]
    assert widths[0] > widths[1] > widths[2]
