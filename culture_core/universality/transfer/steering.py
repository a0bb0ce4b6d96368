"""Steering transfer: a feature's decoder direction is added in GPT a, the mapped direction in GPT b.

Do the same cells of the answer change, in the same way? The direction is added at every place from which a
cell of the last grid is predicted. Beside it stands a random direction of the same length in b.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.models.mygpt import MyGPT
from culture_core.models.steering import Halfway, halfway
from culture_core.universality.transfer.maps import AFFINE, ORTHOGONAL, StateMap
from culture_core.world.vocabulary import LAST_GRID

RANDOM = "random"
WAYS = (ORTHOGONAL, AFFINE, RANDOM)
MEASURES = ("cells", "colours")


@dataclass(frozen=True)
class Steerable:
    """Quizzes read by one GPT up to a hook point. intact: (n, 100, v) its predictions of the last grid."""

    reading: Halfway
    intact: Tensor

    @torch.inference_mode()
    def changed_by(self, direction: Tensor) -> Tensor:
        """(n, 100, v) how the predictions change when a direction (d,) is added at the answer."""

        def add(value: Tensor) -> Tensor:
            steered = value.clone()
            steered[:, LAST_GRID] += direction  # row p of the states predicts token p
            return steered

        return self.reading.logits(add)[:, LAST_GRID].softmax(-1) - self.intact


@torch.inference_mode()
def read_for_steering(model: MyGPT, hook: str, tokens: Tensor) -> Steerable:
    """Read quizzes (n, 404) up to a hook point."""
    reading = halfway(model, hook, tokens)
    return Steerable(reading, reading.logits()[:, LAST_GRID].softmax(-1))


@dataclass(frozen=True)
class Agreement:
    """How alike two changes (n, 100, v) of the predictions are.

    cells: Pearson's r over cells of how much each changes; colours: of the changes of all probabilities.
    """

    cells: float
    colours: float

    @classmethod
    def of(cls, a: Tensor, b: Tensor) -> "Agreement":
        return cls(_r(cell_change(a), cell_change(b)), _r(a, b))


def cell_change(change: Tensor) -> Tensor:
    """(n, 100) the probability that moves to other tokens in each cell, of changes (n, 100, v)."""
    return change.abs().sum(-1) / 2


def _r(a: Tensor, b: Tensor) -> float:
    """Pearson's r over all entries; 0 where either never varies."""
    x, y = (values.double().flatten() - values.double().mean() for values in (a, b))
    scale = float(x.norm() * y.norm())
    return float(x @ y) / scale if scale > 0 else 0.0


def mapped_direction(direction: Tensor, there: StateMap) -> Tensor:
    """A direction (d_a,) of a as one (d_b,) of b. there: the map from a to b."""
    return direction @ there.matrix


def random_direction(length: float, width: int, generator: np.random.Generator) -> Tensor:
    """A random direction (width,) of a length."""
    direction = torch.from_numpy(generator.standard_normal(width)).float()
    return direction * (length / direction.norm())


def chosen_features(
    density: NDArray[np.floating],
    in_answer: NDArray[np.floating],
    n: int,
    most_dense: float,
    least_in_answer: float,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """n random features, in order, of those that fire, sparsely and enough in the answer; fewer if there are
    fewer. density, in_answer: (f,)."""
    eligible = np.flatnonzero((density > 0) & (density <= most_dense) & (in_answer >= least_in_answer))
    return np.sort(generator.choice(eligible, min(n, len(eligible)), replace=False))
