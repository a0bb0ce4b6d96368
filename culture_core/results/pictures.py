"""A matched group as a picture: one quiz, one row per GPT, with each GPT's feature drawn on the cells."""

from collections.abc import Mapping

import numpy as np

from culture_core.features.index.reader import FeatureIndex
from culture_core.figures.grids import draw_rows, to_png
from culture_core.figures.rows import quiz_row
from culture_core.figures.style import ValueScale
from culture_core.universality.matching.reader import MatchReader

CELL = 7
PIXEL_RATIO = 1.6


def group_picture(
    matches: MatchReader, indexes: Mapping[int, FeatureIndex], group: int, rank: int = 0
) -> bytes:
    """PNG of a group on the quiz with that rank among the top quizzes of the first GPT's feature.

    Each row has its own scale: the largest square is the feature's maximum over the index.
    """
    features = matches.group_features(group)
    first = matches.models[0]
    top = indexes[first].top(features[first])
    quiz = int(top.quiz[rank])
    batch = indexes[first].quiz_set.quizzes(quiz, 1)
    overlays = {first: top.activations} | matches.partner_overlays(first, features[first])
    rows = [
        quiz_row(
            batch.tokens[0].numpy(),
            values=_shares(overlays[k][rank], indexes[k], feature),
            clean=batch.clean[0].numpy(),
            caption=f"GPT {k}",
            detail=f"feature {feature}",
        )
        for k, feature in features.items()
    ]
    picture = draw_rows(rows, scale=ValueScale("activation", 1.0), cell=CELL)
    return to_png(picture, pixel_ratio=PIXEL_RATIO)


def _shares(activations: np.ndarray, index: FeatureIndex, feature: int) -> np.ndarray:
    return activations / max(index.max_activation(feature), 1e-12)
