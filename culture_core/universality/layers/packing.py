"""Nearest features as small arrays: half floats, and integers in which the number of features means none."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from culture_core.universality.layers.nearest import Nearest


def pack(nearest: Nearest, n_features: int, name: str) -> dict[str, NDArray[Any]]:
    """The three arrays, named; n_features: of the SAE in which they were found."""
    kind = np.promote_types(np.uint16, np.min_scalar_type(n_features))
    feature = np.where(nearest.feature < 0, n_features, nearest.feature)
    return {
        f"{name}_feature": feature.astype(kind),
        f"{name}_r": nearest.r.astype(np.float16),
        f"{name}_cosine": nearest.cosine.astype(np.float16),
    }


def unpack(arrays: Mapping[str, NDArray[Any]], n_features: int, name: str) -> Nearest:
    """What was packed, to within half precision."""
    feature = arrays[f"{name}_feature"].astype(np.int64)
    return Nearest(
        np.where(feature == n_features, -1, feature),
        arrays[f"{name}_r"].astype(np.float32),
        arrays[f"{name}_cosine"].astype(np.float32),
    )
