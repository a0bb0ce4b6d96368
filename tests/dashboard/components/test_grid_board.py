"""What the grid board sends to the browser, and what it believes of what comes back."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from culture_core.figures.rows import answered_row, quiz_row
from culture_core.figures.style import ValueScale
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.grid_board.messages import read_click, row_message

SCALE = ValueScale("activation", 4.0)


def quiz() -> np.ndarray:
    return np.load(Path(__file__).parents[2] / "fixtures" / "world_quizzes.npz")["frame"][0]


def test_cells_and_values_come_back_from_what_is_sent():
    tokens, values = quiz(), np.linspace(0, 4, 404, dtype=np.float32)
    data = row_message(quiz_row(tokens, values=values), SCALE)
    sent = np.frombuffer(base64.b64decode(data["values"]), dtype=np.uint8)
    assert [int(letter, 15) for letter in data["cells"]] == tokens.tolist()
    assert np.abs(sent / 255 * 4 - values).max() <= 4 / 255
    assert data["valued"] == [True] * 4


def test_noise_and_wrong_cells_are_sent_with_what_they_should_be():
    tokens = quiz()
    clean = tokens.copy()
    clean[205] = 7
    answer = tokens[304:].copy()
    answer[3] = (answer[3] + 1) % 11
    row = answered_row(tokens, answer[None], ["GPT 0"], values=np.ones((1, 100)), clean=clean)
    data = row_message(row, ValueScale("probability", 1.0))
    assert data["noise"] == [[205, 7]]
    assert data["wrong"] == [[404 + 1 + 3, int(tokens[304 + 3])]]
    assert data["valued"] == [False] * 4 + [True]


def test_twenty_quizzes_with_activations_stay_light():
    rows = [quiz_row(quiz(), values=np.random.default_rng(i).random(404)) for i in range(20)]
    assert len(json.dumps([row_message(row, SCALE) for row in rows])) < 30_000


def test_a_click_becomes_a_token_position():
    rows = [quiz_row(quiz()), answered_row(quiz(), quiz()[None, 304:], ["GPT 0"])]
    assert read_click({"row": 0, "block": 2, "offset": 38}, rows) == CellClick(0, 2, 240)
    assert read_click({"row": 1, "block": 4, "offset": 1}, rows) == CellClick(1, 4, 304)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "cell",
        {},
        {"row": 5, "block": 0, "offset": 1},
        {"row": 0, "block": 4, "offset": 1},
        {"row": 0, "block": 0, "offset": 101},
        {"row": -1, "block": 0, "offset": 1},
        {"row": "x", "block": 0, "offset": 1},
    ],
)
def test_a_click_that_fits_no_cell_is_no_click(value):
    assert read_click(value, [quiz_row(quiz())]) is None
