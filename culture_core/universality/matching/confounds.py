"""Confounds: position and token value are regressed out of features before they are correlated.

The model is additive, x = position + token + rest, fitted by least squares over all tokens read, exactly and
from sums alone: with D (tokens x c) the indicators of the positions and token values, the products of the
rests are x'y - (D'x)' (D'D)^+ (D'y). Source: docs/reference/universality.md, "Partial r" (Frisch and Waugh
1933).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from culture_core.universality.matching.codes import Codes
from culture_core.world.vocabulary import N_TOKENS, QUIZ_LENGTH

# a residual variance below this share of a feature's second moment is rounding
LEAST_VARIANCE = 1e-9


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

    def sums(self, codes: sparse.csr_array, first: int) -> NDArray[np.float64]:
        """D'x of every feature over the quizzes from number `first` on: (c, f).

        codes: (m * 404, f) activations on m quizzes.
        """
        n_tokens, n_features = codes.shape
        place = np.repeat(np.arange(n_tokens), np.diff(codes.indptr))
        token = self.tokens[first : first + n_tokens // QUIZ_LENGTH].ravel()[place]
        position = _sums(place % QUIZ_LENGTH, codes.indices, codes.data, QUIZ_LENGTH, n_features)
        return np.concatenate([position, _sums(token, codes.indices, codes.data, N_TOKENS, n_features)])


@dataclass(frozen=True)
class Residuals:
    """What is left of the codes of one SAE once the confounds are regressed out, as far as products need it.

    by_confound: (c, f) D'x, sums of activations at each position and on each token value; weighted: (c, f)
    (D'D)^+ D'x, the coefficients of the fit; norm: (f,) of the rests, 0 where the confounds explain a feature
    whole.
    """

    by_confound: NDArray[np.float64]
    weighted: NDArray[np.float64]
    norm: NDArray[np.float64]

    @classmethod
    def of(cls, codes: Codes, confounds: Confounds) -> "Residuals":
        """Of codes over the quizzes of the confounds."""
        assert codes.n_quizzes == len(confounds.tokens)
        by_confound = np.zeros((len(confounds.inverse), codes.n_features))
        for first, chunk in codes.chunks():
            by_confound += confounds.sums(chunk, first)
        weighted = confounds.inverse @ by_confound
        squares = codes.squares - (by_confound * weighted).sum(0)
        varies = squares > LEAST_VARIANCE * codes.squares
        return cls(by_confound, weighted, np.sqrt(np.where(varies, squares, 0.0)))

    def explained(
        self, other: "Residuals", own: NDArray[np.integer], others: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """The part of x'y that the confounds explain, for pairs of features x of these (n,) and y of other
        codes (n,): (n,)."""
        return np.einsum("cn,cn->n", self.by_confound[:, own], other.weighted[:, others])


def _sums(
    row: NDArray[np.integer], column: NDArray[np.integer], value: NDArray[Any], n_rows: int, n_columns: int
) -> NDArray[np.float64]:
    place = row.astype(np.int64) * n_columns + column
    sums = np.bincount(place, value, minlength=n_rows * n_columns)
    return sums.astype(np.float64, copy=False).reshape(n_rows, n_columns)
