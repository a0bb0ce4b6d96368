"""The tasks of the world, each with what its rule does, and one example."""

from culture_core.figures.rows import GridRow, quiz_row
from culture_core.world.vocabulary import BLOCK_LENGTH, STRUCTURE_NAMES
from dashboard.data.quiz.lab_quizzes import start_quiz

EXAMPLE_SEED = 0
TASK_WORDS = {
    "replace_color": "One rectangle changes its colour.",
    "translate": "One rectangle moves by one cell, straight or diagonally.",
    "grow": "One rectangle grows by one cell on every side, or shrinks.",
    "half_fill": "Each rectangle has a line across it. In one of them, the half on one side of the line "
    "takes the line's colour.",
    "frame": "One rectangle is emptied and keeps only its border.",
    "detect": "The top left corners of two rectangles are marked.",
    "corners": "Of each rectangle only two opposite corners are given; the rule fills it in.",
    "contact": "Every rectangle that touches the first one gets a border in the first one's colour.",
    "scale": "The part of the grid that begins at the corner mark is drawn at twice its size.",
    "symbols": "One block points at another; the pointed block's colour goes into the middle of the first.",
    "path": "All shortest paths between two cells are drawn, around the rectangles.",
    "fill": "The region around one cell is flooded with that cell's colour.",
    "isometry": "The picture is turned or mirrored, then moved by at most one cell.",
    "trajectory": "Two cells make a step, which is repeated up to the edge.",
    "bounce": "A ball moves on from its first step and turns at obstacles; its way is drawn.",
}


def example_row(task: str) -> GridRow:
    """One pair of grids of a task, A and f(A), without noise."""
    row = quiz_row(start_quiz(task, STRUCTURE_NAMES[0], EXAMPLE_SEED).tokens[0].numpy())
    return GridRow(
        tokens=row.tokens[: 2 * BLOCK_LENGTH],
        labels=row.labels[:2],
        links=row.links[:1],
        starts=row.starts[:2],
    )
