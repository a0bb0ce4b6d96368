"""Grids as text."""

import torch

from culture_core.world.quizzes import generate_quizzes
from culture_core.world.rendering import repr_grid
from culture_core.world.vocabulary import COLOUR_RGB


def example():
    """Four grids whose cell (i, j) is (i + j + number of the grid) mod 11."""
    cells = torch.arange(10)[:, None] + torch.arange(10)
    blocks = [torch.cat((torch.tensor([11 + g]), ((cells + g) % 11).flatten())) for g in range(4)]
    return torch.cat(blocks)


def test_text_shows_every_cell_of_every_grid_under_its_name():
    lines = repr_grid(example(), colour=False).splitlines()
    assert lines[0].split() == ["A", "f_A", "B", "f_B"]
    for i, line in enumerate(lines[1:]):
        for g, row in enumerate(line.split()):
            assert row == "".join(".123456789a"[(i + j + g) % 11] for j in range(10))


def test_colours_are_the_published_ones_in_order():
    first_row = repr_grid(example()).splitlines()[1]
    expected = [f"\x1b[48;2;{r};{g};{b}m" for r, g, b in COLOUR_RGB[:10]]
    found = [part + "m" for part in first_row.split("m") if "48;2" in part][:10]
    assert [part[part.index("\x1b[48") :] for part in found] == expected


def test_leading_zero_of_model_inputs_is_left_out():
    tokens = generate_quizzes(("frame",), 1, 0).tokens[0].long()
    with_zero = torch.cat((torch.zeros(1, dtype=torch.long), tokens))
    assert repr_grid(with_zero, colour=False) == repr_grid(tokens, colour=False)


def test_beginning_of_a_quiz_shows_the_cells_there_are():
    lines = repr_grid(example()[: 101 + 1 + 13], colour=False).splitlines()
    assert lines[0].split() == ["A", "f_A"]
    assert lines[1].split()[1] == "123456789a"
    assert lines[2].split()[1] == "234"
    assert len(lines[3].split()) == 1


def test_tokens_that_are_no_colour_show_as_question_marks():
    tokens = example()
    tokens[1], tokens[0] = 14, 3
    lines = repr_grid(tokens.tolist(), colour=False).splitlines()
    assert lines[0].startswith("?") and lines[1].startswith("?")


def test_nothing_is_an_empty_text():
    assert repr_grid([]) == ""
