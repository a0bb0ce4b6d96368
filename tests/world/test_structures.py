"""Structures are read from the markers, and blocks are permuted whole."""

import pytest
import torch

from culture_core.errors import CultureError
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.structures import grid_slice, is_trivial, reconfigure, structure_index, structure_of
from culture_core.world.vocabulary import GRID_NAMES, MARKERS, STRUCTURE_NAMES, WORLD_TASKS

PLAIN = STRUCTURE_NAMES[0]


def plain_quizzes(n=4):
    return generate_quizzes(WORLD_TASKS, n, 0).tokens


@pytest.mark.parametrize("structure", STRUCTURE_NAMES)
def test_reconfigure_moves_each_block_whole_behind_its_marker(structure):
    tokens = plain_quizzes()
    moved = reconfigure(tokens, structure)
    for block, name in enumerate(structure.split(",")):
        old = MARKERS[name] - MARKERS["A"]
        assert torch.equal(moved[:, 101 * block : 101 * (block + 1)], tokens[:, 101 * old : 101 * (old + 1)])
    assert set(structure_of(moved).tolist()) == {structure_index(structure)}


@pytest.mark.parametrize("first", STRUCTURE_NAMES)
@pytest.mark.parametrize("second", STRUCTURE_NAMES)
def test_reconfigure_forgets_the_structure_it_came_from(first, second):
    tokens = plain_quizzes(1)
    assert torch.equal(reconfigure(reconfigure(tokens, first), second), reconfigure(tokens, second))


def test_reconfigure_keeps_the_integer_type():
    assert reconfigure(plain_quizzes(1).long(), PLAIN).dtype == torch.int64


@pytest.mark.parametrize("structure", STRUCTURE_NAMES)
def test_grid_slice_finds_each_grid(structure):
    tokens = reconfigure(plain_quizzes(), structure)
    for g, grid in enumerate(GRID_NAMES):
        assert torch.equal(
            tokens[:, grid_slice(structure, grid)], plain_quizzes()[:, 101 * g + 1 : 101 * (g + 1)]
        )


@pytest.mark.parametrize("structure", STRUCTURE_NAMES)
@pytest.mark.parametrize("pair", [0, 1])
def test_a_quiz_is_trivial_when_either_pair_is_unchanged(structure, pair):
    tokens = plain_quizzes()
    assert not is_trivial(tokens).any()
    x = slice(202 * pair + 1, 202 * pair + 101)
    f_x = slice(202 * pair + 102, 202 * pair + 202)
    tokens[:, f_x] = tokens[:, x]
    assert is_trivial(reconfigure(tokens, structure)).all()


def test_tokens_that_are_no_quiz_are_refused():
    good = plain_quizzes(1)
    wrong_marker, wrong_cell = good.clone(), good.clone()
    wrong_marker[0, 0] = 12
    wrong_cell[0, 50] = 11
    for tokens in (wrong_marker, wrong_cell, good[:, :403], good[0]):
        with pytest.raises(CultureError):
            structure_of(tokens)


def test_unknown_structure_is_refused_with_the_names_there_are():
    with pytest.raises(CultureError, match="f_B,f_A,A,B"):
        reconfigure(plain_quizzes(1), "A,B,f_A,f_B")
    with pytest.raises(CultureError, match="f_A"):
        grid_slice(PLAIN, "C")
