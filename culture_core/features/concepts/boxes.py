"""Where each grid shows the rectangles of its quiz.

A quiz records the rectangles of a pair once (docs/reference/world.md, "World tasks", "Unseen tasks"); f moves
some of them and makes some larger or smaller. Grids that f redraws (`scale`, `isometry`) have none.
"""

import numpy as np
from numpy.typing import NDArray

from culture_core.world.quizzes import NO_RECTANGLE
from culture_core.world.vocabulary import LABELS

MOVED_ROLE = GROWN_ROLE = 2
GROWS = 0


def boxes_by_block(
    rectangles: NDArray[np.int8],
    params: dict[str, NDArray[np.int8]],
    task: NDArray[np.uint8],
    order: NDArray[np.int64],
) -> NDArray[np.int8]:
    """The rectangles as the four grids of each quiz show them, in the order the grids come.

    rectangles: (n, 2 pairs, 4 roles, 4) as QuizBatch has them; params: (n,) each; task: (n,) index into
    LABELS; order: (n, 4) grid numbers (0 = A, 1 = f_A, 2 = B, 3 = f_B) by block.
    Returns (n, 4 blocks, 4 roles, 4) i1, i2, j1, j2, half open, -1 where there is none.
    """
    boxes = rectangles[:, [0, 0, 1, 1]].copy()
    _move(boxes, params, task == LABELS.index("translate"))
    _shrink(boxes, params, task == LABELS.index("grow"))
    made_anew = np.isin(task, [LABELS.index("scale"), LABELS.index("isometry")])
    boxes[made_anew, 1::2] = NO_RECTANGLE
    return np.take_along_axis(boxes, order[:, :, None, None], axis=1)


def _move(boxes: NDArray[np.int8], params: dict[str, NDArray[np.int8]], quizzes: NDArray[np.bool_]) -> None:
    """Shift r2 of f(X) by the quiz's (di, dj)."""
    shift = np.stack([params[name][quizzes] for name in ("di", "di", "dj", "dj")], axis=1)
    boxes[quizzes, 1::2, MOVED_ROLE] += shift[:, None]


def _shrink(boxes: NDArray[np.int8], params: dict[str, NDArray[np.int8]], quizzes: NDArray[np.bool_]) -> None:
    """Take one cell on every side off r2 where it is small: in X when it grows, else in f(X)."""
    smaller = np.array([1, -1, 1, -1], dtype=np.int8)
    grows = quizzes & (params["direction"] == GROWS)
    boxes[grows, ::2, GROWN_ROLE] += smaller
    boxes[quizzes & ~grows, 1::2, GROWN_ROLE] += smaller
