"""Prompt noise goes into one grid, at its rate, with uniform colours."""

import pytest
import torch
from scipy import stats

from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import STRUCTURES, WORLD_TASKS


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda s: s.name)
def test_noise_goes_only_into_the_noisy_grid_of_the_structure(structure):
    batch = generate_quizzes(WORLD_TASKS, 50, 0, structure=structure.name, noise=0.5)
    noisy_positions = set(batch.noise.any(dim=0).nonzero()[:, 0].tolist())
    if structure.noisy_block is None:
        assert noisy_positions == set()
    else:
        first = 101 * structure.noisy_block + 1
        assert noisy_positions == set(range(first, first + 100))


def test_tokens_are_the_clean_quiz_but_for_the_noise_cells():
    batch = generate_quizzes(WORLD_TASKS, 100, 0, structure="mixed", noise=0.3)
    assert torch.equal(batch.tokens[~batch.noise], batch.clean[~batch.noise])
    assert (batch.tokens[batch.noise] != batch.clean[batch.noise]).any()


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_each_cell_is_drawn_with_the_probability_asked_for(rate):
    noise = generate_quizzes(("frame",), 4000, 0, noise=rate).noise[:, 203:303]
    share, n = float(noise.float().mean()), noise.numel()
    assert abs(share - rate) < 4 * (rate * (1 - rate) / n) ** 0.5
    by_cell = stats.chisquare(noise.sum(dim=0).numpy())
    assert by_cell.pvalue > 1e-3


def test_noise_colours_are_uniform_and_may_be_the_old_one():
    batch = generate_quizzes(WORLD_TASKS, 500, 0, noise=0.3)
    counts = torch.bincount(batch.tokens[batch.noise], minlength=11)
    assert len(counts) == 11
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3
    same = (batch.tokens == batch.clean)[batch.noise].float().mean()
    assert abs(float(same) - 1 / 11) < 0.01


def test_rate_zero_draws_none_and_rate_one_draws_every_cell():
    assert not generate_quizzes(("frame",), 20, 0, noise=0.0).noise.any()
    assert generate_quizzes(("frame",), 20, 0, noise=1.0).noise[:, 203:303].all()
