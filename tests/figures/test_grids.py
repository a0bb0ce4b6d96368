"""Grids as pictures: every cell has its colour, wrong cells and activations are marked."""

import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from culture_core.errors import CultureError
from culture_core.figures.grids import Stroke, draw_rows, to_png, to_svg
from culture_core.figures.rows import answered_row, quiz_row
from culture_core.figures.style import PUBLISHED_PALETTE, GridStyle, ValueScale
from culture_core.world.vocabulary import COLOUR_RGB

FIXTURES = Path(__file__).parents[1] / "fixtures"
CELL = 10
LEFT = CELL * 0.6
TOP = CELL * (0.6 + 1.5)


def quiz(task: str = "contact") -> np.ndarray:
    return np.load(FIXTURES / "world_quizzes.npz")[task][3]


def pixels(rows, **options) -> np.ndarray:
    png = to_png(draw_rows(rows, cell=CELL, **options), pixel_ratio=2.0)
    return np.asarray(Image.open(io.BytesIO(png)))


def test_a_png_has_the_published_colour_in_every_cell():
    tokens = quiz()
    image = pixels([quiz_row(tokens)])
    for block in range(4):
        left = LEFT + block * CELL * 11.8
        for i, token in enumerate(tokens[block * 101 + 1 : (block + 1) * 101]):
            x, y = left + CELL * (i % 10 + 0.5), TOP + CELL * (i // 10 + 0.5)
            assert tuple(image[round(2 * y), round(2 * x)]) == COLOUR_RGB[token]


def test_ink_covers_the_middle_of_active_cells_only():
    values = np.zeros(404)
    values[1 + 23] = 1.0
    image = pixels([quiz_row(quiz(), values=values)], scale=ValueScale("activation", 1.0))
    active = image[round(2 * (TOP + CELL * 2.5)), round(2 * (LEFT + CELL * 3.5))]
    silent = image[round(2 * (TOP + CELL * 2.5)), round(2 * (LEFT + CELL * 4.5))]
    assert "#{:02x}{:02x}{:02x}".format(*active) == GridStyle().ink
    assert silent.min() > 60


def test_the_area_of_ink_is_proportional_to_the_value():
    values = np.zeros(404)
    values[1], values[2] = 1.0, 0.25
    picture = draw_rows([quiz_row(quiz(), values=values)], scale=ValueScale("activation", 1.0), cell=CELL)
    ink = [shape for shape in picture.shapes if getattr(shape, "fill", "") == GridStyle().ink]
    assert ink[0].width * ink[0].height == pytest.approx(4 * ink[1].width * ink[1].height)


def test_only_wrong_cells_are_crossed():
    tokens = quiz()
    answer = tokens[304:].copy()
    answer[42] = (answer[42] + 1) % 11
    rows = [answered_row(tokens, answer[None], ["GPT 0"])]
    right = [answered_row(tokens, tokens[None, 304:], ["GPT 0"])]
    crosses = [sum(isinstance(s, Stroke) for s in draw_rows(r, cell=CELL).shapes) for r in (rows, right)]
    assert crosses[0] - crosses[1] == 8


def test_an_svg_is_well_formed_and_names_what_was_asked():
    row = quiz_row(quiz(), caption="contact <b>", detail="quiz 3")
    root = ElementTree.fromstring(to_svg(draw_rows([row], digits=True)))
    words = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "contact <b>" in words
    assert "f(B)" in words
    assert sum(word in set("0123456789a") for word in words) == 400


def test_nothing_to_draw_is_told():
    with pytest.raises(CultureError, match="no grids"):
        draw_rows([])


def test_grids_without_values_keep_their_colours_beside_grids_that_have_some():
    tokens = np.load(FIXTURES / "world_quizzes.npz")["frame"][0]
    row = answered_row(tokens, tokens[None, 304:], ["GPT 0"], values=np.full((1, 100), 0.5))
    drawn = to_svg(draw_rows([row], scale=ValueScale("doubt", 1.0)))
    plain = to_svg(draw_rows([quiz_row(tokens)]))
    colours = [PUBLISHED_PALETTE[token] for token in np.unique(tokens[:304]) if 0 < token < 11]
    assert row.valued.tolist() == [False] * 4 + [True]
    assert all(drawn.count(f'fill="{colour}"') >= plain.count(f'fill="{colour}"') > 0 for colour in colours)
