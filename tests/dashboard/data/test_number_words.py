"""Numbers are told with the digits that count."""

from dashboard.data.words.number_words import probability_words


def test_small_probabilities_are_told_as_such():
    assert [probability_words(p) for p in (1.0, 0.934, 0.005, 1e-29)] == ["1.00", "0.93", "0.01", "<0.01"]
