"""Pairs of grids against the markers, and the deciding cell against a search."""

import pytest
import torch

from culture_core.features.concepts.cells import QuizCells
from culture_core.world.pairs import deciding_cell, partner_block, partner_blocks
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.structures import grid_orders
from culture_core.world.vocabulary import STRUCTURE_NAMES, WORLD_TASKS


@pytest.fixture
def tokens():
    return generate_quizzes(("frame",), 1, seed=3).tokens[0]


@pytest.fixture(params=STRUCTURE_NAMES)
def quizzes(request):
    return generate_quizzes(WORLD_TASKS, 2, seed=4, structure=request.param)


def test_the_deciding_cell_is_the_first_that_the_rule_changes(tokens):
    first = next(i for i in range(100) if tokens[304 + i] != tokens[203 + i])
    assert deciding_cell(tokens) == 304 + first
    unchanged = tokens.clone()
    unchanged[304:] = unchanged[203:303]
    assert deciding_cell(unchanged) is None


def test_the_partner_of_a_block_holds_the_other_grid_of_its_pair():
    other = {0: 1, 1: 0, 2: 3, 3: 2}
    orders = grid_orders(torch.device("cpu"))
    for order, partners in zip(orders.tolist(), partner_blocks(orders).tolist(), strict=True):
        assert partners == [order.index(other[grid]) for grid in order]


def test_the_deciding_cell_is_found_in_every_structure_by_its_markers(quizzes):
    for tokens in quizzes.clean:
        partner = partner_block(tokens, 3)
        assert {int(tokens[303]), int(tokens[partner * 101])} in ({11, 12}, {13, 14})
        same = (tokens[304:] == tokens[partner * 101 + 1 : (partner + 1) * 101]).tolist()
        assert deciding_cell(tokens) == 304 + same.index(False)


def test_the_deciding_cell_is_the_first_changed_cell_of_the_concepts(quizzes):
    cells = QuizCells(quizzes)
    first = cells.first_changed[:, 304:].argmax(1) + 304
    assert [deciding_cell(tokens) for tokens in quizzes.clean] == first.tolist()
