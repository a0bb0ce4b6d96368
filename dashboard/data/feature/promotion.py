"""Which colour a feature makes likelier than the others, by its direct path to the logits."""

import numpy as np
from numpy.typing import NDArray

from culture_core.features.index.reader import FeatureIndex
from culture_core.world.vocabulary import N_COLOURS
from dashboard.data.words.token_names import TOKEN_NAMES

# logits at the feature's largest activation: less than this is left out
LEAST_EFFECT = 0.25


def colour_effects(effects: NDArray[np.floating], maximum: NDArray[np.floating]) -> NDArray[np.floating]:
    """(f, 11) logits by which features at their maximum raise each colour above the mean of the colours.

    effects: (f, 15) logits of all tokens for one unit of activation; maximum: (f,).
    """
    colours = effects[:, :N_COLOURS]
    return (colours - colours.mean(1, keepdims=True)) * maximum[:, None]


def promoted_colours(index: FeatureIndex) -> tuple[NDArray[np.str_], NDArray[np.floating]]:
    """(f,) the colour that each feature of an index promotes most, "" where it is by less than LEAST_EFFECT,
    and by how many logits."""
    effects = colour_effects(index.all_logit_effects, index.table["max"].to_numpy())
    by = effects.max(1)
    return np.where(by >= LEAST_EFFECT, np.array(TOKEN_NAMES)[effects.argmax(1)], ""), by
