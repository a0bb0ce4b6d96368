"""Panels show the numbers they were given."""

import base64
import json

import numpy as np
import pytest

from dashboard.components.feature_panels.kinds import (
    histogram,
    position_maps,
    rate_bars,
    token_effects,
    token_rates,
)
from dashboard.data.number_words import share_words


def test_bars_are_ordered_and_the_largest_is_full():
    panel = rate_bars("tasks", {"frame": 0.3, "grow": 0.1, "detect": 0.2})
    assert [row["label"] for row in panel["rows"]] == ["frame", "detect", "grow"]
    assert [row["share"] for row in panel["rows"]] == pytest.approx([1, 2 / 3, 1 / 3])
    assert panel["rows"][0]["text"] == "30.0%"


def test_a_feature_that_never_fires_has_empty_panels():
    assert all(row["share"] == 0 for row in rate_bars("tasks", {"frame": 0.0})["rows"])
    assert histogram("h", np.exp2(np.arange(4.0)), np.zeros(3, dtype=int))["bars"][0]["share"] == 0
    assert json.dumps(position_maps("maps", np.zeros(404), np.zeros(404)))


def test_a_histogram_keeps_every_count_and_drops_empty_ends():
    panel = histogram("h", np.exp2(np.arange(7.0)), np.array([0, 0, 3, 0, 5, 0]))
    assert [bar["title"].split()[0] for bar in panel["bars"]] == ["3", "0", "5"]
    assert panel["bars"][-1]["share"] == pytest.approx(1)
    assert (panel["low"], panel["high"]) == ("4", "32")


def test_effects_are_signed_and_ordered_from_promoted_to_suppressed():
    effects = np.linspace(-2, 1, 15)
    rows = token_effects("effects", effects)["rows"]
    assert [row["token"] for row in rows] == list(range(14, -1, -1))
    assert (rows[0]["share"], rows[-1]["share"]) == pytest.approx((0.5, -1.0))
    assert rows[0]["label"] == "marker of f(B)"


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
