"""The rows of grids that show a feature: its top quizzes, with its activation on the cells."""

from dataclasses import replace

import numpy as np

from culture_core.features.index.reader import FeatureIndex
from culture_core.figures.rows import GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import BLOCK_LENGTH, COLOUR_NAMES
from dashboard.data.quiz.quizzes import Quizzes

ACTIVATION = "activation"


def activation_scale(index: FeatureIndex, feature: int) -> ValueScale:
    """The scale of a feature's activation: from 0 to its maximum over the whole index."""
    return ValueScale(ACTIVATION, index.max_activation(feature))


def top_rows(index: FeatureIndex, quizzes: Quizzes, feature: int, n: int) -> list[GridRow]:
    """A feature's n strongest quizzes, strongest first."""
    top = index.top(feature)
    return [
        overlay_row(quizzes, int(top.quiz[rank]), top.activations[rank], peak=True)
        for rank in range(min(n, len(top.quiz)))
    ]


def overlay_row(quizzes: Quizzes, quiz: int, activations: np.ndarray, *, peak: bool = False) -> GridRow:
    """One quiz of an index with activations (404,) on its cells; `peak` names the strongest cell."""
    row = quiz_row(
        quizzes.tokens[quiz],
        values=activations,
        clean=quizzes.clean[quiz],
        caption=quizzes.task[quiz],
        detail=f"quiz {quiz}",
    )
    if not peak:
        return row
    place = int(activations.argmax())
    strongest = f"peak {activations[place]:.3g} at {position_name(place, row.labels)}"
    return replace(row, detail=f"{row.detail} · {strongest}")


def cell_words(row: GridRow, position: int, scale: ValueScale) -> str:
    """What is at a position of a quiz, and how strongly the feature fires there, in one line."""
    assert row.values is not None
    token, value = int(row.tokens[position]), float(row.values[position])
    what = "" if position % BLOCK_LENGTH == 0 else f": {COLOUR_NAMES[token]}"
    share = value / scale.maximum if scale.maximum > 0 else 0.0
    where = position_name(position, row.labels)
    return (
        f"{row.caption}, {where} (token {position}){what}. "
        f"{scale.name.capitalize()} {value:.4g}, {share:.0%} of its maximum."
    )
