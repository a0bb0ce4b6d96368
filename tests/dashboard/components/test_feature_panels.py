"""Panels show the numbers they were given."""

import base64
import json

import numpy as np
import pytest

from dashboard.components.feature_panels.kinds import (
    colour_bars,
    histogram,
    position_maps,
    rate_bars,
    token_rates,
)
from dashboard.data.words.number_words import share_words


def test_bars_are_ordered_and_the_largest_is_full():
    panel = rate_bars("tasks", {"frame": 0.3, "grow": 0.1, "detect": 0.2})
    assert [row["label"] for row in panel["rows"]] == ["frame", "detect", "grow"]
    assert [row["share"] for row in panel["rows"]] == pytest.approx([1, 2 / 3, 1 / 3])
    assert panel["rows"][0]["text"] == "30.0%"


def test_a_feature_that_never_fires_has_empty_panels():
    assert all(row["share"] == 0 for row in rate_bars("tasks", {"frame": 0.0})["rows"])
    assert histogram("h", np.zeros(4), np.zeros(3, dtype=int))["bars"][0]["linear"] == 0
    assert json.dumps(position_maps("maps", np.zeros(404), np.zeros(404)))


def test_a_histogram_has_every_count_between_0_and_the_maximum():
    panel = histogram("h", np.linspace(0, 32, 5), np.array([30, 0, 1, 9]))
    assert [bar["title"].split()[0] for bar in panel["bars"]] == ["30", "0", "1", "9"]
    assert [(bar["start"], bar["end"]) for bar in panel["bars"]] == [
        *((0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1))
    ]
    assert [bar["linear"] for bar in panel["bars"]] == pytest.approx([1, 0, 1 / 30, 0.3])
    logarithmic = np.log1p([30, 0, 1, 9]) / np.log1p(30)
    assert [bar["logarithmic"] for bar in panel["bars"]] == pytest.approx(logarithmic)
    assert (panel["maximum"], panel["high"]) == (32, "32")


def test_the_area_of_a_bar_is_its_count_where_bins_differ_in_width():
    bars = histogram("h", np.array([0.0, 1, 3, 12]), np.array([6, 6, 18]))["bars"]
    area = np.array([(bar["end"] - bar["start"]) * bar["linear"] for bar in bars])
    assert area / area[0] == pytest.approx([1, 1, 3])


def test_effects_are_signed_and_ordered_from_promoted_to_suppressed_without_small_ones():
    effects = np.linspace(-2, 1, 11)
    rows = colour_bars("effects", effects, 0.25)["rows"]
    assert [row["token"] for row in rows] == [10, 9, 8, 5, 4, 3, 2, 1, 0]
    assert (rows[0]["share"], rows[-1]["share"]) == pytest.approx((0.5, -1.0))
    assert (rows[0]["text"], rows[-1]["text"]) == ("+1.00", "-2.00")


def test_a_feature_that_promotes_nothing_says_so():
    panel = colour_bars("effects", np.full(11, 0.2), 0.25)
    assert (panel["kind"], "no colour by 0.25 logits" in panel["words"]) == ("words", True)


def test_colours_stand_in_their_own_order():
    rows = token_rates("colours", np.linspace(0, 0.5, 15))["rows"]
    assert [row["token"] for row in rows] == list(range(11))


def test_maps_are_the_four_grids_without_their_markers():
    rate = np.arange(404.0) / 1000
    maps = position_maps("maps", rate, rate)["modes"][0]["maps"]
    sent = [np.frombuffer(base64.b64decode(entry["shares"]), dtype=np.uint8) for entry in maps]
    expected = rate.reshape(4, 101)[:, 1:] / rate.max()
    assert np.abs(np.stack(sent) / 255 - expected).max() <= 1 / 255
    assert maps[3]["texts"][99] == share_words(rate[403])


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0"), (0.5, "50.0%"), (0.0123, "1.2%"), (0.000051, "0.0051%"), (1 / 1612000, "<0.001%")],
)
def test_shares_are_told_with_the_digits_that_count(share, words):
    assert share_words(share) == words
