"""Small builders the tests of the world share."""

from pathlib import Path

import numpy as np
import torch
from rule_checker import Pair, Quiz, to_grid

from culture_core.world.quizzes import NO_COLOUR, NO_PARAM, NO_RECTANGLE, QuizBatch

FIXTURES = Path(__file__).parents[1] / "fixtures"


def public_quizzes(task: str) -> torch.Tensor:
    """The 64 quizzes of a task made by the public code: (64, 404) uint8."""
    with np.load(FIXTURES / "world_quizzes.npz") as file:
        return torch.from_numpy(file[task])


def quizzes_to_check(batch: QuizBatch) -> list[Quiz]:
    """Generated quizzes as the rule checker takes them."""
    grids, tasks = batch.canonical_clean().tolist(), batch.task_names()
    rectangles, colours = batch.rectangles.tolist(), batch.colours.tolist()
    quizzes = []
    for q, task in enumerate(tasks):
        pairs = tuple(
            Pair(
                x=to_grid(grids[q][2 * p]),
                f=to_grid(grids[q][2 * p + 1]),
                rectangles=[tuple(r) for r in rectangles[q][p] if r[0] != NO_RECTANGLE],
                colours=[c for c in colours[q][p] if c != NO_COLOUR],
            )
            for p in range(2)
        )
        params = {name: int(values[q]) for name, values in batch.params.items() if values[q] != NO_PARAM}
        quizzes.append(Quiz(task, pairs, params))
    return quizzes
