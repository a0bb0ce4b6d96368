"""The table of all features of an index."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from culture_core.features.index.packed import PackedArrays

if TYPE_CHECKING:
    import pandas as pd


def feature_table(arrays: PackedArrays, tasks: Sequence[str]) -> "pd.DataFrame":
    """One row per feature, see `FeatureIndex.table`; tasks: those of the quiz set, in its order."""
    import pandas as pd

    fires = arrays.whole("fires")
    tokens_by_task = arrays.whole("tokens_by_task")
    rate_by_task = arrays.whole("by_task") / np.maximum(tokens_by_task, 1)
    rate_sum = np.maximum(rate_by_task.sum(1), 1e-12)
    columns = {
        "feature": np.arange(len(fires)),
        "fires": fires,
        "density": fires / int(tokens_by_task.sum()),
        "max": arrays.whole("max"),
        "mean": arrays.whole("total") / np.maximum(fires, 1),
        "rms": np.sqrt(arrays.whole("squares") / np.maximum(fires, 1)),
        "dead": fires == 0,
        "peak_task": np.where(fires > 0, np.array(tasks)[rate_by_task.argmax(1)], ""),
        "peak_task_share": rate_by_task.max(1) / rate_sum,
        "peak_places": _distinct(arrays.whole("top_position")),
        "quizzes": arrays.whole("quizzes_fired").astype(np.int64),
        "encoder_cosine": arrays.whole("encoder_cosine"),
    }
    if "logit_effects" in arrays:
        columns["promotes"] = arrays.whole("logit_effects").argmax(1)
        columns["suppresses"] = arrays.whole("logit_effects").argmin(1)
    return pd.DataFrame(columns)


def _distinct(positions: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many different positions each row of (f, k) holds; -1 stands for none."""
    ordered = np.sort(positions, axis=1)
    new = np.diff(ordered, axis=1, prepend=-1) != 0
    return new.sum(1)
