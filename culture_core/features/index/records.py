"""What a feature index holds about one feature, as small records."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TopRecord:
    """Example quizzes of one feature, strongest first; k is smaller for a feature that fires in few quizzes.

    quiz (k,) numbers in the index's quiz set; peak (k,) float32; position (k,) of the peak in the quiz;
    activations (k, 404).
    """

    quiz: NDArray[np.int64]
    peak: NDArray[np.float32]
    position: NDArray[np.int64]
    activations: NDArray[np.float32]


class Profile(NamedTuple):
    """What a feature does in each of g groups of tokens: rate (g,), the share of them it fires on; mean (g,),
    its mean activation where it fires."""

    rate: NDArray[np.float64]
    mean: NDArray[np.float32]


class Moments(NamedTuple):
    """All that is known of a feature in each of g groups of tokens: tokens (g,) in all, fires (g,), and over
    those mean, rms (root of the mean square) and max, (g,) float32."""

    tokens: NDArray[np.int64]
    fires: NDArray[np.int64]
    mean: NDArray[np.float32]
    rms: NDArray[np.float32]
    max: NDArray[np.float32]


class Nearest(NamedTuple):
    """Other features, nearest first: feature (k,) ids, score (k,) float32."""

    feature: NDArray[np.int64]
    score: NDArray[np.float32]
