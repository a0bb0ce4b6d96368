"""Which GPTs of a group fire at the cells of one quiz."""

from collections.abc import Mapping

import numpy as np


def n_firing(activations: Mapping[int, np.ndarray]) -> np.ndarray:
    """(404,) in how many GPTs the feature fires after each token; activations: (404,) by GPT."""
    return np.sum([values > 0 for values in activations.values()], axis=0)


def firing_words(activations: Mapping[int, np.ndarray], position: int) -> str:
    """Which GPTs fire at a position and which are silent.

    As in "fires in 4: GPT 0, 1, 2, 4; silent in GPT 3".
    """
    fires = [str(k) for k, values in activations.items() if values[position] > 0]
    silent = [str(k) for k, values in activations.items() if values[position] <= 0]
    if not fires:
        return "silent in all of them"
    if not silent:
        return f"fires in all {len(fires)}"
    return f"fires in {len(fires)}: GPT {', '.join(fires)}; silent in GPT {', '.join(silent)}"
