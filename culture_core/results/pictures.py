"""Features as pictures: one quiz, one row per GPT, with each GPT's feature drawn on the cells."""

from collections.abc import Mapping, Sequence

import numpy as np

from culture_core.features.index.reader import FeatureIndex
from culture_core.figures.grids import draw_rows, to_png
from culture_core.figures.rows import GridRow, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.universality.matching.reader import MatchReader

CELL = 7
PIXEL_RATIO = 1.6
LATENT_QUIZZES = 3
SHARES = ValueScale("activation", 1.0)


def group_picture(matches: MatchReader, indexes: Mapping[int, FeatureIndex], group: int) -> bytes:
    """PNG of a group on the top-activating quiz of the first GPT's feature."""
    first, feature = next(iter(matches.group_features(group).items()))
    return matches_picture(matches, indexes, first, feature)


def matches_picture(
    matches: MatchReader, indexes: Mapping[int, FeatureIndex], model_k: int, feature: int
) -> bytes:
    """PNG of a feature and its best match in each other GPT, on the feature's top-activating quiz.

    Each row has its own scale: the largest square is the feature's maximum over the index.
    """
    top = indexes[model_k].top(feature)
    batch = indexes[model_k].quiz_set.quizzes(int(top.quiz[0]), 1)
    overlays = {model_k: top.activations} | matches.partner_overlays(model_k, feature)
    features = {model_k: feature} | {match.model_k: match.feature for match in matches.best(model_k, feature)}
    rows = [
        quiz_row(
            batch.tokens[0].numpy(),
            values=_shares(overlays[k][0], indexes[k], features[k]),
            clean=batch.clean[0].numpy(),
            caption=f"GPT {k}",
            detail=f"feature {features[k]}",
        )
        for k in matches.models
        if k in features
    ]
    return rows_picture(rows, SHARES)


def latent_picture(index: FeatureIndex, latent: int) -> bytes:
    """PNG of a latent of a joint dictionary on its top-activating quizzes, strongest first; index: its
    own."""
    top = index.top(latent)
    rows = []
    for quiz, activations in zip(top.quiz[:LATENT_QUIZZES].tolist(), top.activations, strict=False):
        batch = index.quiz_set.quizzes(quiz, 1)
        rows.append(
            quiz_row(
                batch.tokens[0].numpy(),
                values=_shares(activations, index, latent),
                clean=batch.clean[0].numpy(),
                caption=f"latent {latent}",
                detail=f"quiz {quiz}",
            )
        )
    return rows_picture(rows, SHARES)


def rows_picture(rows: Sequence[GridRow], scale: ValueScale) -> bytes:
    """PNG of rows of grids, in the size of all pictures on pages."""
    picture = draw_rows(rows, scale=scale, cell=CELL)
    return to_png(picture, pixel_ratio=PIXEL_RATIO)


def _shares(activations: np.ndarray, index: FeatureIndex, feature: int) -> np.ndarray:
    return activations / max(index.max_activation(feature), 1e-12)
