"""Linear CKA of the states of several GPTs over the same tokens, from sums that are gathered batch by batch.

CKA of states X_a, X_b (tokens x d, columns centred) is |X_a' X_b|^2 / (|X_a' X_a| |X_b' X_b|), Frobenius
norms (Kornblith et al. 2019). It needs the products (d, d) alone, so no states are kept, and nothing is
approximated. Tokens are many more than d here; what is left of chance shows in the baseline of shuffled
quizzes.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.universality.transfer.moments import StateMoments


@dataclass(frozen=True)
class Similarity:
    """CKA of every two of s GPTs, (s, s) each.

    cka: columns centred over all tokens. centred_by_position: over the tokens at each position, so that what
    all quizzes share there does not count. shuffled: as cka, [a, b] with the quizzes of b shuffled and the
    positions kept.
    """

    cka: NDArray[np.float64]
    centred_by_position: NDArray[np.float64]
    shuffled: NDArray[np.float64]


class StateSums:
    """Sums over tokens of the states of s GPTs of width d at one place: add batches, then ask for CKA."""

    def __init__(self, n_models: int, d: int, n_positions: int) -> None:
        self._n_models, self._d, self._n_quizzes = n_models, d, 0
        self._moments = StateMoments(n_models, d)
        self._by_position = torch.zeros(n_positions, n_models * d, dtype=torch.float64)

    def add(self, states: Tensor, shuffled: Tensor | NDArray[np.int64]) -> None:
        """states: (s, quizzes, positions, d) over the same quizzes. shuffled: (quizzes,) a permutation."""
        side_by_side = self._moments.add(states, shuffled)
        self._by_position += side_by_side.sum(0)
        self._n_quizzes += len(side_by_side)

    def similarity(self) -> Similarity:
        """CKA from all that was added."""
        moments = self._moments
        means = torch.outer(moments.total, moments.total) / moments.count
        position_means = self._by_position.T @ self._by_position / self._n_quizzes
        squares = self._squares(moments.products - means)
        own = np.sqrt(np.outer(squares.diagonal(), squares.diagonal()))
        return Similarity(
            cka=squares / own,
            centred_by_position=_normalised(self._squares(moments.products - position_means)),
            shuffled=self._squares(moments.shuffled - means) / own,
        )

    def _squares(self, products: Tensor) -> NDArray[np.float64]:
        """Squared Frobenius norm of each GPT's block (d, d) of products: (s, s)."""
        blocks = products.view(self._n_models, self._d, self._n_models, self._d)
        return blocks.square().sum((1, 3)).numpy()


def _normalised(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    return squares / np.sqrt(np.outer(squares.diagonal(), squares.diagonal()))
