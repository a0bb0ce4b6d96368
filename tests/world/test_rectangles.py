"""The tables of rectangles hold what plain loops find."""

from itertools import product

import pytest
import torch
from rule_checker import border_of, cells_of, share_an_edge
from scipy import stats

from culture_core.world.randomness import Draws, quiz_keys
from culture_core.world.rectangles import (
    box_masks,
    disjoint_pairs,
    disjoint_triples,
    draw_colours,
    draw_disjoint,
    paint,
    rectangle_table,
)

CPU = torch.device("cpu")


def table():
    return rectangle_table(CPU)


def cells_in(mask):
    return {divmod(cell, 10) for cell in mask.nonzero()[:, 0].tolist()}


def draws(n, seed=0):
    return Draws(quiz_keys(seed, 0, torch.arange(n)))


def test_table_lists_each_valid_rectangle_once():
    expected = [
        (i1, i2, j1, j2)
        for i1, i2, j1, j2 in product(range(11), repeat=4)
        if i2 - i1 >= 3 and j2 - j1 >= 3 and (i2 - i1) * (j2 - j1) <= 50
    ]
    assert [tuple(box) for box in table().boxes.tolist()] == expected


def test_masks_of_parts_match_the_cells_of_each_rectangle():
    t = table()
    for number, box in enumerate(t.boxes.tolist()):
        border = set(border_of(box))
        assert cells_in(t.body[number]) == set(cells_of(box))
        assert cells_in(t.border[number]) == border
        assert cells_in(t.interior[number]) == set(cells_of(box)) - border


def test_all_masks_are_of_zeros_and_ones():
    t = table()
    for masks in (t.body, t.interior, t.border, t.mark, t.corners, t.lines, t.halves):
        assert int(masks.max()) == 1


def test_touching_matches_sharing_an_edge():
    boxes, touches = table().boxes.tolist(), table().touches
    for a, b in product(range(0, len(boxes), 61), range(0, len(boxes), 7)):
        if not set(cells_of(boxes[a])) & set(cells_of(boxes[b])):
            assert bool(touches[a, b]) == share_an_edge(boxes[a], boxes[b])


def test_moved_rectangles_are_shifted_by_one_and_never_reach_the_last_row_or_column():
    boxes, moved = table().boxes, table().moved
    for di, dj in product((-1, 0, 1), repeat=2):
        numbers = moved[di + 1, dj + 1]
        shifted = boxes + torch.tensor([di, di, dj, dj])
        inside = (shifted >= 0).all(dim=1) & (shifted < 10).all(dim=1)
        assert torch.equal(numbers >= 0, inside)
        assert torch.equal(boxes[numbers[inside]], shifted[inside])


def test_shifted_rectangles_are_those_moved_by_one_that_stay_in_the_grid():
    boxes, shifted = table().boxes, table().shifted
    for di, dj in product((-1, 0, 1), repeat=2):
        numbers = shifted[di + 1, dj + 1]
        wanted = boxes + torch.tensor([di, di, dj, dj])
        inside = (wanted >= 0).all(dim=1) & (wanted <= 10).all(dim=1)
        assert torch.equal(numbers >= 0, inside)
        assert torch.equal(boxes[numbers[inside]], wanted[inside])


def test_disjoint_sets_are_all_there_is_and_none_twice():
    body = table().body.float()
    apart = (body @ body.T == 0).double()
    assert len(disjoint_pairs(CPU)) == int(apart.triu(1).sum())
    ordered_triples = int((apart @ apart * apart).sum())
    triples = disjoint_triples(CPU)
    assert 6 * len(triples) == ordered_triples
    assert bool((triples[:, 0] < triples[:, 1]).all() and (triples[:, 1] < triples[:, 2]).all())
    code = (triples[:, 0].long() * 1182 + triples[:, 1]) * 1182 + triples[:, 2]
    assert bool((code.diff() > 0).all())


@pytest.mark.parametrize("k", [2, 3])
def test_drawn_rectangles_do_not_overlap_and_every_role_is_drawn_alike(k):
    numbers = draw_disjoint(draws(20_000), k)
    masks = table().body[numbers]
    assert int(masks.sum(dim=1).max()) == 1
    areas = masks.sum(dim=2).numpy()
    for role in range(1, k):
        assert stats.ks_2samp(areas[:, 0], areas[:, role]).pvalue > 1e-3


def test_condition_on_drawn_rectangles_leaves_the_others_as_likely_as_before():
    def large(numbers, _rows):
        return table().body[numbers[:, 0]].sum(dim=1) >= 20

    everything = draw_disjoint(draws(20_000), 3)
    expected = everything[large(everything, None)]
    kept = draw_disjoint(draws(20_000, seed=1), 3, large)
    assert bool(large(kept, None).all())
    for role in range(3):
        p = stats.ks_2samp(kept[:, role].numpy(), expected[:, role].numpy()).pvalue
        assert p > 1e-3


@pytest.mark.parametrize("k", range(1, 7))
def test_colours_are_distinct_and_each_role_takes_each_colour_as_often(k):
    colours = draw_colours(draws(10_000), k)
    assert colours.shape == (10_000, k)
    assert all(len(set(row)) == k for row in colours.tolist())
    for role in range(k):
        counts = torch.bincount(colours[:, role], minlength=11)
        assert counts[0] == 0
        assert stats.chisquare(counts[1:].numpy()).pvalue > 1e-3


def test_painting_matches_torch_where_for_all_pairs_of_colours():
    before, after = torch.cartesian_prod(torch.arange(11), torch.arange(11)).to(torch.uint8).unbind(1)
    grids = before[:, None].expand(-1, 100).clone()
    masks = (torch.arange(100) % 3 == 0).to(torch.uint8).expand(len(grids), -1)
    expected = torch.where(masks.bool(), after[:, None], grids)
    assert torch.equal(paint(grids, masks, after), expected)


def test_box_masks_match_cells_of_boxes():
    boxes = torch.tensor([[0, 10, 0, 10], [3, 4, 5, 6], [2, 2, 1, 5], [0, 1, 0, 10]])
    assert [cells_in(mask) for mask in box_masks(boxes)] == [set(cells_of(box)) for box in boxes.tolist()]
