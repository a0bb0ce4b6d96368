"""Which world task a quiz resembles, and how unusual it is among world quizzes.

A forest of random trees (scikit-learn) over traits.py, grown in seconds on quizzes made for it. How unusual a
quiz is: the share of new world quizzes that are closer to those quizzes than it is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.culture.nearest.traits import quiz_traits
from culture_core.world.quizzes import generate_quizzes
from culture_core.world.vocabulary import WORLD_TASKS

SEED = 31
N_TRAIN, N_TEST = 500, 150
N_TREES = 100


@dataclass(frozen=True)
class TaskGuesses:
    """probability: (n, 8) of each world task. unusual: (n,) from 0, as world quizzes are, to 1, farther from
    them than any new one."""

    probability: NDArray[np.float64]
    unusual: NDArray[np.float64]

    @property
    def task(self) -> list[str]:
        """The likeliest task of each quiz."""
        return [WORLD_TASKS[t] for t in self.probability.argmax(1)]


class TaskClassifier:
    """Grown on `n_train` quizzes of each world task; with its seed always the same."""

    def __init__(self, *, n_train: int = N_TRAIN, n_test: int = N_TEST, seed: int = SEED) -> None:
        from sklearn.ensemble import ExtraTreesClassifier
        from sklearn.neighbors import NearestNeighbors

        known = generate_quizzes(WORLD_TASKS, n_train, seed)
        traits = _traits(known.tokens)
        self._forest: Any = ExtraTreesClassifier(N_TREES, random_state=seed).fit(traits, known.task.numpy())
        self._mean, self._scale = traits.mean(0), np.maximum(traits.std(0), 1e-6)
        self._known: Any = NearestNeighbors(n_neighbors=1).fit(self._standard(traits))
        new = generate_quizzes(WORLD_TASKS, n_test, seed + 1)
        self._new = np.sort(self._nearest(_traits(new.tokens)))

    def guess(self, tokens: Tensor) -> TaskGuesses:
        """What quizzes (n, 404), in any structure and without noise, look like."""
        if not len(tokens):
            return TaskGuesses(np.empty((0, len(WORLD_TASKS))), np.empty(0))
        traits = _traits(tokens)
        nearer = np.searchsorted(self._new, self._nearest(traits), side="left")
        return TaskGuesses(self._forest.predict_proba(traits), nearer / len(self._new))

    def _standard(self, traits: NDArray[np.float32]) -> NDArray[np.float32]:
        return (traits - self._mean) / self._scale

    def _nearest(self, traits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Distance of each row to the nearest known one, in standard deviations."""
        return self._known.kneighbors(self._standard(traits))[0][:, 0]


@torch.inference_mode()
def _traits(tokens: Tensor) -> NDArray[np.float32]:
    return quiz_traits(tokens).numpy()
