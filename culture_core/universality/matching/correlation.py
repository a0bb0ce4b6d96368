"""Pearson correlation of every feature of one SAE with every feature of another, from sparse activations.

Over n tokens r = (E[xy] - E[x] E[y]) / (sd x sd y); the products come from the tokens where both fire, so
nothing dense of size tokens x features is made. Source: docs/reference/universality.md, "Correlation" (Gurnee
et al. 2024).

Memory, whatever the number of quizzes: one matrix of f_a x f_b products in float64, and the activations of
`CHUNK` quizzes of both models.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from culture_core.features.index.sparse import SparseActivations
from culture_core.universality.matching.confounds import Confounds
from culture_core.universality.matching.products import add_products
from culture_core.world.vocabulary import QUIZ_LENGTH

TOKENS_READ = QUIZ_LENGTH - 1
CHUNK = 50
# a residual variance below this share of a feature's second moment is rounding
LEAST_VARIANCE = 1e-9


@dataclass(frozen=True)
class Codes:
    """The activations of one SAE on the first n_quizzes of a quiz set, with the sums correlations are made
    of.

    total, squares: (f,) float64, sums of activations and of their squares; by_confound: (c, f) float64, sums
    of activations at each position and on each token value (see Confounds).
    """

    activations: SparseActivations
    n_quizzes: int
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    by_confound: NDArray[np.float64]

    @classmethod
    def of(cls, activations: SparseActivations, confounds: Confounds) -> "Codes":
        """Sum up the activations on the quizzes of `confounds`, which are the first ones of the set."""
        f = activations.n_features
        total, squares = np.zeros(f), np.zeros(f)
        by_confound = np.zeros((confounds.n_confounds, f))
        for first, stop in _chunks(confounds.n_quizzes):
            codes = quizzes_of(activations, first, stop)
            total += codes.sum(0)
            squares += codes.multiply(codes).sum(0)
            by_confound += confounds.sums(codes, first)
        return cls(activations, confounds.n_quizzes, total, squares, by_confound)

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
    """Activations on quizzes first .. stop - 1 as a (tokens, f) float64 matrix; tokens include the one per
    quiz that is never read."""
    rows = activations.by_token
    assert rows is not None, "these activations are in the order of features only"
    starts = rows.indptr[first * QUIZ_LENGTH : stop * QUIZ_LENGTH + 1]
    span = slice(int(starts[0]), int(starts[-1]))
    feature, value = rows.feature[span].astype(np.int32), rows.value[span].astype(np.float64)
    shape = (len(starts) - 1, activations.n_features)
    return sparse.csr_array((value, feature, (starts - starts[0]).astype(np.int32)), shape=shape)


def cofiring(a: Codes, b: Codes, shuffle: np.random.Generator | None = None) -> NDArray[np.float64]:
    """Sums over tokens of x y for every feature x of a and y of b: (f_a, f_b).

    shuffle: pair the quizzes of a with other quizzes of b, each position with the same position, drawn again
    in each chunk of quizzes; no quiz is paired with itself.
    """
    assert a.n_quizzes == b.n_quizzes
    total = np.zeros((a.n_features, b.n_features))
    for first, stop in _chunks(a.n_quizzes):
        left = quizzes_of(a.activations, first, stop).tocsc()
        right = quizzes_of(b.activations, first, stop)
        if shuffle is not None:
            right = right[_other_quizzes(stop - first, shuffle)]
        add_products(total, left, right)
    return total


def pearson(products: NDArray[np.float64], a: Codes, b: Codes) -> NDArray[np.float32]:
    """r (f_a, f_b) from the sums of products; 0 where a feature never varies."""
    covariance = products / a.n_tokens - np.outer(a.total, b.total) / a.n_tokens**2
    return _over(covariance, np.sqrt(a.variance), np.sqrt(b.variance))


def partial_pearson(
    products: NDArray[np.float64], a: Codes, b: Codes, confounds: Confounds
) -> NDArray[np.float32]:
    """r (f_a, f_b) of what is left of the features once position and token are regressed out of both.

    0 where a feature is explained by them alone.
    """
    rest = products - confounds.explained(a.by_confound, b.by_confound)
    return _over(rest, _residual_norm(a, confounds), _residual_norm(b, confounds))


def _residual_norm(codes: Codes, confounds: Confounds) -> NDArray[np.float64]:
    squares = codes.squares - confounds.explained_squares(codes.by_confound)
    return np.sqrt(np.where(squares > LEAST_VARIANCE * codes.squares, squares, 0.0))


def _over(
    products: NDArray[np.float64], norm_a: NDArray[np.float64], norm_b: NDArray[np.float64]
) -> NDArray[np.float32]:
    scale = np.outer(norm_a, norm_b)
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0).astype(np.float32)


def _chunks(n_quizzes: int) -> Iterator[tuple[int, int]]:
    """(first, stop) of the chunks; a last chunk of one quiz, which could not be shuffled, joins the one
    before it."""
    starts = list(range(0, n_quizzes, CHUNK))
    if len(starts) > 1 and n_quizzes - starts[-1] == 1:
        starts.pop()
    yield from zip(starts, [*starts[1:], n_quizzes], strict=True)


def _other_quizzes(n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """For each token of n quizzes the token at the same position of another quiz: (n * 404,)."""
    order = generator.permutation(n)
    other = np.empty(n, dtype=np.int64)
    other[order] = np.roll(order, 1)
    return (other[:, None] * QUIZ_LENGTH + np.arange(QUIZ_LENGTH)).ravel()
