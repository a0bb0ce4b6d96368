"""A feature's top quizzes as rows agree with the index."""

import numpy as np
import pytest

from dashboard.components.feature.overlays import activation_scale, cell_words, top_rows
from dashboard.data.population import indexes


@pytest.fixture
def index(population):
    return indexes.index(population, population.hooks[0], population.models[0])


@pytest.fixture
def feature(index) -> int:
    return int(index.table.fires.idxmax())


def test_rows_show_the_top_quizzes_strongest_first(index, feature):
    rows = top_rows(index, indexes.index_quizzes(index), feature, 10)
    top = index.top(feature)
    peaks = [row.values.max() for row in rows]
    assert peaks == sorted(peaks, reverse=True)
    # overlays are kept in a byte, to within 0.4% of the feature's maximum
    assert np.array(peaks) == pytest.approx(top.peak[: len(rows)], abs=0.004 * index.max_activation(feature))
    for row, quiz in zip(rows, top.quiz, strict=False):
        assert (row.tokens == indexes.index_quizzes(index).tokens[quiz]).all()
        assert f"quiz {quiz} " in row.detail


def test_the_strongest_row_reaches_the_scale(index, feature):
    rows = top_rows(index, indexes.index_quizzes(index), feature, 1)
    assert rows[0].values.max() == pytest.approx(activation_scale(index, feature).maximum, rel=1e-3)


def test_a_cell_is_told_in_words(index, feature):
    row = top_rows(index, indexes.index_quizzes(index), feature, 1)[0]
    position = int(row.values.argmax())
    words = cell_words(row, position, activation_scale(index, feature))
    assert f"(token {position})" in words
    assert "100% of its maximum" in words
