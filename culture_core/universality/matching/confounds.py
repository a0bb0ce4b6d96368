"""What every quiz has at a place and on a token value: regressed out of features before they are correlated.

The model is additive, x = position + token + rest, fitted by least squares over all tokens read, exactly and
from sums alone: with D (tokens x c) the indicators of the positions and token values, the products of the
rests are x'y - (D'x)' (D'D)^+ (D'y). Source: docs/reference/universality.md, "Partial r" (Frisch and Waugh
1933).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from culture_core.world.vocabulary import N_TOKENS, QUIZ_LENGTH


@dataclass(frozen=True)
class Confounds:
    """The position and the token just read, of every token of a quiz set.

    tokens: (n, 404) uint8. inverse: (c, c) float64, the pseudo-inverse of D'D; c = 404 positions, then 15
    token values.
    """

    tokens: NDArray[np.uint8]
    inverse: NDArray[np.float64]

    @classmethod
    def of(cls, tokens: NDArray[np.uint8]) -> "Confounds":
        """Confounds of quizzes (n, 404); the last token of a quiz, never read, takes no part."""
        read = tokens[:, :-1]
        cross = np.stack([(read == token).sum(0) for token in range(N_TOKENS)], axis=1).astype(np.float64)
        gram = np.zeros((QUIZ_LENGTH + N_TOKENS,) * 2)
        gram[: QUIZ_LENGTH - 1, QUIZ_LENGTH:] = cross
        gram += gram.T
        gram += np.diag([*np.full(QUIZ_LENGTH - 1, len(tokens)), 0, *cross.sum(0)])
        return cls(tokens, np.linalg.pinv(gram, hermitian=True).astype(np.float64))

    @property
    def n_quizzes(self) -> int:
        return len(self.tokens)

    @property
    def n_confounds(self) -> int:
        return len(self.inverse)

    def sums(self, codes: sparse.csr_array, first: int) -> NDArray[np.float64]:
        """D'x of every feature over the quizzes from number `first` on: (c, f).

        codes: (m * 404, f) activations on m quizzes.
        """
        n_tokens, n_features = codes.shape
        place = np.repeat(np.arange(n_tokens), np.diff(codes.indptr))
        token = self.tokens[first : first + n_tokens // QUIZ_LENGTH].ravel()[place]
        position = _sums(place % QUIZ_LENGTH, codes.indices, codes.data, QUIZ_LENGTH, n_features)
        return np.concatenate([position, _sums(token, codes.indices, codes.data, N_TOKENS, n_features)])

    def explained(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        """The part of x'y that the confounds explain, for sums (c, f_a) and (c, f_b): (f_a, f_b)."""
        return a.T @ (self.inverse @ b)

    def explained_squares(self, a: NDArray[np.float64]) -> NDArray[np.float64]:
        """The part of x'x that the confounds explain, for sums (c, f): (f,)."""
        return (a * (self.inverse @ a)).sum(0)


def _sums(
    row: NDArray[np.integer], column: NDArray[np.integer], value: NDArray, n_rows: int, n_columns: int
) -> NDArray[np.float64]:
    place = row.astype(np.int64) * n_columns + column
    sums = np.bincount(place, value, minlength=n_rows * n_columns)
    return sums.astype(np.float64, copy=False).reshape(n_rows, n_columns)
