"""Random numbers depend on the key of a quiz and nothing else, and are uniform."""

import pytest
import torch
from scipy import stats

from culture_core.world.randomness import Draws, draw_until, quiz_keys


def splitmix64(state):
    """The published generator's output function, in Python integers."""
    mask = 2**64 - 1
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & mask
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & mask
    return state ^ (state >> 31)


def draws(n, seed=0, stream=0):
    return Draws(quiz_keys(seed, stream, torch.arange(n)))


def test_bits_match_splitmix64_in_python_integers():
    keys = torch.tensor([0, 1, -1, 2**62, -(2**63), 123456789])
    got = Draws(keys).bits(3).tolist()
    expected = [
        [splitmix64((key + k * 0x9E3779B97F4A7C15) % 2**64) & (2**63 - 1) for k in (1, 2, 3)]
        for key in keys.tolist()
    ]
    assert got == expected


def test_numbers_of_a_quiz_do_not_depend_on_the_others_in_the_batch():
    index = torch.arange(1000)
    all_at_once = Draws(quiz_keys(7, 3, index)).integers(12345, 5)
    for part in (slice(0, 1), slice(17, 500), slice(999, 1000)):
        alone = Draws(quiz_keys(7, 3, index[part])).integers(12345, 5)
        assert torch.equal(alone, all_at_once[part])


def test_later_calls_give_numbers_not_given_before():
    one, two = draws(100), draws(100)
    assert torch.equal(torch.cat((one.bits(2), one.bits(3)), dim=1), two.bits(5))


@pytest.mark.parametrize("other", [draws(1000, seed=1), draws(1000, stream=1), draws(1000).pairs()])
def test_other_seed_other_stream_and_pairs_share_no_number(other):
    numbers = set(draws(1000).bits(20).flatten().tolist())
    assert not numbers & set(other.bits(20).flatten().tolist())


def test_seeds_that_differ_by_one_give_uncorrelated_numbers():
    first, second = (draws(20_000, seed=seed).bits(1)[:, 0].double() for seed in (41, 42))
    assert abs(torch.corrcoef(torch.stack((first, second)))[0, 1]) < 4 / 20_000**0.5


@pytest.mark.parametrize("bound", [2, 3, 11, 1000])
def test_integers_are_uniform(bound):
    counts = torch.bincount(draws(20_000).integers(bound, 5).flatten(), minlength=bound)
    assert len(counts) == bound
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3


def test_negative_and_very_large_seeds_are_seeds_of_their_own():
    keys = [tuple(quiz_keys(seed, 0, torch.arange(3)).tolist()) for seed in (-1, 0, 2**63 - 1, 2**64 + 5)]
    assert len(set(keys)) == 4


def test_draw_until_keeps_what_is_accepted_and_draws_the_rest_again():
    first = draws(5000).integers(10)
    drawn = draw_until(draws(5000), lambda some, _: some.integers(10), lambda values, _: values >= 7)
    assert torch.equal(drawn[first >= 7], first[first >= 7])
    assert stats.chisquare(torch.bincount(drawn)[7:].numpy()).pvalue > 1e-3
    assert int(drawn.min()) == 7


def test_draw_until_gives_each_quiz_the_same_value_in_any_batch():
    def drawn(n):
        return draw_until(draws(n), lambda some, _: some.integers(100), lambda values, _: values < 5)

    assert torch.equal(drawn(500)[:37], drawn(37))
