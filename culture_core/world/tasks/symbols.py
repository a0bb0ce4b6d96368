"""The task `symbols`: a block with a pointer takes the colour of the block it points at."""

from functools import lru_cache

import torch
from torch import Tensor

from culture_core.world.randomness import Draws
from culture_core.world.rectangles import box_masks, draw_colours, paint
from culture_core.world.tasks.record import TaskQuizzes, for_both_pairs, of_pairs
from culture_core.world.vocabulary import GRID_SIDE

SIDE = 3
N_BLOCKS = 4
POINTER = 4


@lru_cache
def _positions(device: torch.device) -> Tensor:
    """Top-left cells of four ordered 3 x 3 blocks, pairwise more than 3 apart on some axis: (36000, 4, 2)."""
    corners = torch.arange(GRID_SIDE - SIDE + 1)
    places = torch.cartesian_prod(corners, corners)
    apart = (places[:, None] - places).abs().amax(dim=2) > SIDE
    sets = apart.nonzero()
    for size in range(2, N_BLOCKS):
        joint = torch.stack([apart[sets[:, k]] for k in range(size)]).all(dim=0)
        rows, places_left = joint.nonzero().T
        sets = torch.cat((sets[rows], places_left[:, None]), dim=1)
    return places[sets].to(device)


def symbols(draws: Draws) -> TaskQuizzes:
    """Three cells of block 0 point at one of the blocks 1 .. 3; f paints the centre of block 0 in its colour.

    rectangles: the four blocks. colours: the blocks', the pointer's.
    """
    colours = for_both_pairs(draw_colours(draws, N_BLOCKS + 1))
    pairs = draws.pairs()
    places = _positions(draws.keys.device)
    corner = places[pairs.integers(len(places))]
    target = pairs.integers(N_BLOCKS - 1) + 1
    blocks = torch.stack((corner, corner + SIDE), dim=3).flatten(2)
    x = (box_masks(blocks) * colours[:, :N_BLOCKS, None]).amax(dim=1)
    row = torch.arange(len(x), device=x.device)
    direction = (N_BLOCKS * corner[row, target] - corner.sum(dim=1)).sign()
    centre = corner[:, 0] + SIDE // 2
    centre_mask = box_masks(_square(centre, centre))
    paint(x, box_masks(_square(centre, centre + direction)) - centre_mask, colours[:, POINTER])
    f_x = paint(x.clone(), centre_mask, colours[row, target])
    target_a, target_b = target.view(-1, 2).unbind(1)
    return of_pairs(x, f_x, blocks, colours, {"target_A": target_a, "target_B": target_b})


def _square(cell: Tensor, opposite: Tensor) -> Tensor:
    """The box with these two cells in opposite corners: (n, 2) row and column each -> (n, 4)."""
    first, last = torch.minimum(cell, opposite), torch.maximum(cell, opposite) + 1
    return torch.stack((first, last), dim=2).flatten(1)
