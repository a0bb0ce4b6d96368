"""How unsure a GPT is of what is right, as it is drawn on cells."""

import numpy as np

SURE = 0.99


def doubt(probability: np.ndarray) -> np.ndarray:
    """The probability of any other token than the right one, where it is worth drawing: above 1%."""
    return np.where(probability < SURE, 1 - probability, 0)
