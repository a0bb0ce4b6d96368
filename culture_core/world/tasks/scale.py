"""The task `scale`: boxes drawn from an anchor are doubled in size from the top-left corner of the grid."""

from functools import lru_cache

import torch
from torch import Tensor

from culture_core.world.randomness import Draws
from culture_core.world.rectangles import box_masks, draw_colours, paint
from culture_core.world.tasks.record import TaskQuizzes, for_both_pairs, of_pairs
from culture_core.world.vocabulary import GRID_SIDE

HALF = GRID_SIDE // 2
N_BOXES = 3
MAX_SHORT_SIDE = 3


@lru_cache
def _boxes(device: torch.device) -> Tensor:
    """Boxes within the top-left quarter whose shorter side is at most 3: (n, 4) int64."""
    edges = torch.arange(HALF + 1)
    boxes = torch.cartesian_prod(edges, edges, edges, edges)
    height, width = boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]
    valid = (height > 0) & (width > 0) & (torch.minimum(height, width) <= MAX_SHORT_SIDE)
    return boxes[valid].to(device)


def _corner_marks(i: Tensor, j: Tensor) -> Tensor:
    """The three-cell corner mark at (i, j): (n, 100) uint8."""
    square = box_masks(torch.stack((i, i + 2, j, j + 2), dim=1))
    return square - box_masks(torch.stack((i + 1, i + 2, j + 1, j + 2), dim=1))


def scale(draws: Draws) -> TaskQuizzes:
    """X shows three boxes shifted by the anchor; f doubles the boxes; the anchor's mark lies over both.

    rectangles: the boxes where X shows them. colours: the boxes', the mark's.
    """
    anchor = draws.integers(HALF, 2)
    anchor_i, anchor_j = anchor.unbind(1)
    colours = for_both_pairs(draw_colours(draws, 2))
    table = _boxes(draws.keys.device)
    boxes = table[draws.pairs().integers(len(table), N_BOXES)]
    shifted = boxes + for_both_pairs(anchor)[:, None, [0, 0, 1, 1]]
    marks = for_both_pairs(_corner_marks(anchor_i, anchor_j))
    x, f_x = (
        paint(box_masks(shown).amax(dim=1) * colours[:, :1], marks, colours[:, 1])
        for shown in (shifted, 2 * boxes)
    )
    return of_pairs(x, f_x, shifted, colours, {"anchor_i": anchor_i, "anchor_j": anchor_j})
