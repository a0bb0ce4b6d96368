"""Colours and scales of drawn grids."""

import numpy as np
import pytest

from culture_core.figures.style import (
    PUBLISHED_PALETTE,
    ValueScale,
    contrast_colour,
    faded,
    quantise,
)


def test_the_palette_is_the_published_one():
    assert PUBLISHED_PALETTE[0] == "#ffffff"
    assert PUBLISHED_PALETTE[2] == "#00c000"
    assert PUBLISHED_PALETTE[8] == "#a52a2a"
    assert len(PUBLISHED_PALETTE) == 11


def test_quantised_values_come_back_within_half_a_step_and_no_activation_becomes_silent():
    shares = np.array([0.0, 1e-6, 0.25, 0.5, 0.999, 1.0])
    levels = quantise(shares)
    assert levels.dtype == np.uint8
    assert (levels > 0).tolist() == (shares > 0).tolist()
    assert np.abs(levels / 255 - shares).max() <= 1 / 255
    assert np.abs(levels[2:] / 255 - shares[2:]).max() <= 0.5 / 255 + 1e-9


def test_shares_are_cut_to_the_scale_and_nothing_is_zero():
    scale = ValueScale("activation", 2.0)
    assert scale.shares(np.array([-1.0, 0.5, 2.0, 3.0, np.nan])).tolist() == [0.0, 0.25, 1.0, 1.0, 0.0]


def test_a_scale_of_zero_draws_nothing_instead_of_dividing_by_it():
    assert ValueScale("activation", 0.0).shares(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("ground", "ink"), [("#ffffff", "#000000"), ("#0000ff", "#ffffff"), ("#ffe000", "#000000")]
)
def test_digits_are_written_in_the_readable_one_of_black_and_white(ground, ink):
    assert contrast_colour(ground) == ink


def test_fading_goes_from_the_colour_to_white():
    assert faded("#a52a2a", 0.0) == "#a52a2a"
    assert faded("#a52a2a", 1.0) == "#ffffff"
