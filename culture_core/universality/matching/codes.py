"""The codes of one SAE over the first quizzes of a set, a chunk of quizzes at a time, with the sums that
correlations are made of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from culture_core.features.index.sparse import SparseActivations
from culture_core.world.vocabulary import QUIZ_LENGTH

TOKENS_READ = QUIZ_LENGTH - 1
CHUNK = 50


@dataclass(frozen=True)
class Codes:
    """The activations of one SAE on the first n_quizzes of a quiz set.

    total, squares: (f,) float64, sums of activations and of their squares over the tokens. order:
    (n_quizzes,) the quiz of the same chunk that stands in the place of each; None where each stands in its
    own.
    """

    activations: SparseActivations
    n_quizzes: int
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    order: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, activations: SparseActivations, n_quizzes: int) -> "Codes":
        """Sum up the activations on the first quizzes."""
        total, squares = np.zeros((2, activations.n_features))
        codes = cls(activations, n_quizzes, total, squares)
        for _, chunk in codes.chunks():
            total += chunk.sum(0)
            squares += chunk.multiply(chunk).sum(0)
        return codes

    def first(self, n_quizzes: int) -> "Codes":
        """The codes of the first of these quizzes only."""
        return self if n_quizzes == self.n_quizzes else Codes.of(self.activations, n_quizzes)

    def shuffled(self, generator: np.random.Generator) -> "Codes":
        """The same codes with every quiz in the place of another one of its chunk, positions kept; a single
        quiz stays where it is."""
        bounds = chunk_bounds(self.n_quizzes)
        order = [first + other_places(stop - first, generator) for first, stop in bounds]
        return replace(self, order=np.concatenate(order))

    def chunks(self) -> Iterator[tuple[int, sparse.csr_array]]:
        """(number of the first quiz, activations (tokens, f) float64) of each chunk; tokens include the one
        per quiz that is never read."""
        for first, stop in chunk_bounds(self.n_quizzes):
            chunk = quizzes_of(self.activations, first, stop)
            if self.order is not None:
                places = self.order[first:stop, None] - first
                chunk = chunk[(places * QUIZ_LENGTH + np.arange(QUIZ_LENGTH)).ravel()]
            yield first, chunk

    @property
    def n_features(self) -> int:
        return len(self.total)

    @property
    def n_tokens(self) -> int:
        return self.n_quizzes * TOKENS_READ

    @property
    def alive(self) -> NDArray[np.bool_]:
        """(f,) whether a feature fires on any of the tokens."""
        return self.total > 0

    @property
    def variance(self) -> NDArray[np.float64]:
        """(f,) variance over the tokens."""
        mean = self.total / self.n_tokens
        return np.maximum(self.squares / self.n_tokens - mean**2, 0.0)


def quizzes_of(activations: SparseActivations, first: int, stop: int) -> sparse.csr_array:
    """Activations on quizzes first .. stop - 1 as a (tokens, f) float64 matrix."""
    rows = activations.by_token
    assert rows is not None, "these activations are in the order of features only"
    starts = rows.indptr[first * QUIZ_LENGTH : stop * QUIZ_LENGTH + 1]
    span = slice(int(starts[0]), int(starts[-1]))
    feature, value = rows.feature[span].astype(np.int32), rows.value[span].astype(np.float64)
    shape = (len(starts) - 1, activations.n_features)
    return sparse.csr_array((value, feature, (starts - starts[0]).astype(np.int32)), shape=shape)


def chunk_bounds(n_quizzes: int) -> Iterator[tuple[int, int]]:
    """(first, stop) of the chunks; a last chunk of one quiz, which could not be shuffled, joins the one
    before it."""
    starts = list(range(0, n_quizzes, CHUNK))
    if len(starts) > 1 and n_quizzes - starts[-1] == 1:
        starts.pop()
    yield from zip(starts, [*starts[1:], n_quizzes], strict=True)


def other_places(n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """(n,) a place other than its own for each of n quizzes."""
    order = generator.permutation(n)
    other = np.empty(n, dtype=np.int64)
    other[order] = np.roll(order, 1)
    return other
