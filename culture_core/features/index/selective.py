"""Which features are selective: those whose r with another feature says something about what they detect."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

MOST_DENSE = 0.05
LEAST_FIRES = 20
LEAST_PLACES = 8


def is_selective(table: "pd.DataFrame") -> NDArray[np.bool_]:
    """Whether each feature of an index's table is selective: (f,).

    It fires on at most 5% of tokens, so that a high r does not come from firing everywhere, on at least 20
    tokens, and its top quizzes peak at 8 or more different places, so that r does not come from the layout
    that all quizzes share.
    """
    rare = (table.density <= MOST_DENSE) & (table.fires >= LEAST_FIRES)
    return (rare & (table.peak_places >= LEAST_PLACES)).to_numpy()
