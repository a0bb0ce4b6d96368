"""Sparse activations on disk, memory-mapped, in two orders: by feature and by token.

By feature, what one feature does in all quizzes: indptr (f + 1) int64; token (nnz) int32 = quiz x 404 +
position, increasing within a feature; value (nnz) float32. By token, what all features do in one quiz: the
same activations once more (`TokenRows`). They are large and made again by `ensure_activations`, so they do
not ship.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from culture_core.artifacts import map_array
from culture_core.errors import CultureError
from culture_core.world.vocabulary import QUIZ_LENGTH

BY_FEATURE = ("indptr", "token", "value")
BY_TOKEN = ("token_indptr", "token_feature", "token_value")


class QuizActivations(NamedTuple):
    """What fires in one quiz, in the order of positions, then of features.

    position (m,) int64 in the quiz; feature (m,) integers; value (m,) float32.
    """

    position: NDArray[np.int64]
    feature: NDArray[np.integer]
    value: NDArray[np.float32]


@dataclass(frozen=True)
class TokenRows:
    """Activations by token: indptr (n x 404 + 1) int64; feature (nnz), increasing within a token; value
    (nnz) float32."""

    indptr: NDArray[np.int64]
    feature: NDArray[np.integer]
    value: NDArray[np.float32]

    def of_quiz(self, quiz: int) -> QuizActivations:
        bounds = self.indptr[quiz * QUIZ_LENGTH : (quiz + 1) * QUIZ_LENGTH + 1]
        rows = slice(bounds[0], bounds[-1])
        position = np.repeat(np.arange(QUIZ_LENGTH), np.diff(bounds))
        return QuizActivations(position, self.feature[rows], self.value[rows])


@dataclass(frozen=True)
class SparseActivations:
    """Activations of f features over n quizzes; see the module for the layout."""

    indptr: NDArray[np.int64]
    token: NDArray[np.int32]
    value: NDArray[np.float32]
    n_quizzes: int
    by_token: TokenRows | None = None

    @property
    def n_features(self) -> int:
        return len(self.indptr) - 1

    @classmethod
    def from_entries(
        cls,
        feature: NDArray[np.integer],
        token: NDArray[np.int32],
        value: NDArray[np.float32],
        n_features: int,
        n_quizzes: int,
    ) -> "SparseActivations":
        """Build from entries in any order of features, tokens increasing within each feature."""
        by_feature = np.argsort(feature, kind="stable")
        by_token = np.lexsort((feature, token))
        rows = TokenRows(starts_of(token, n_quizzes * QUIZ_LENGTH), feature[by_token], value[by_token])
        return cls(starts_of(feature, n_features), token[by_feature], value[by_feature], n_quizzes, rows)

    def of_feature(self, feature: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """(tokens, values) of one feature over all quizzes."""
        rows = slice(self.indptr[feature], self.indptr[feature + 1])
        return self.token[rows], self.value[rows]

    def of_quiz(self, quiz: int) -> QuizActivations:
        """What all features do in one quiz; nothing of other quizzes is read.

        Errors: CultureError when there is no such quiz.
        """
        if not 0 <= quiz < self.n_quizzes:
            raise CultureError(f"there is no quiz {quiz}: quizzes run from 0 to {self.n_quizzes - 1}")
        assert self.by_token is not None, "these activations are in the order of features only"
        return self.by_token.of_quiz(quiz)

    def spans(
        self, feature: NDArray[np.integer], quiz: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the entries of (feature, quiz) pairs lie: (start, stop), each shaped like the broadcast
        inputs."""
        feature, first = np.broadcast_arrays(feature, np.asarray(quiz, dtype=np.int64) * QUIZ_LENGTH)
        return self._search(feature, first), self._search(feature, first + QUIZ_LENGTH)

    def _search(self, feature: NDArray[Any], token: NDArray[Any]) -> NDArray[np.int64]:
        """The first entry of each feature at or after each token: a binary search of all pairs at once."""
        low, high = self.indptr[feature], self.indptr[feature + 1]
        while (open_ := low < high).any():
            middle = (low + high) // 2
            before = open_ & (self.token[np.where(open_, middle, 0)] < token)
            low = np.where(before, middle + 1, low)
            high = np.where(open_ & ~before, middle, high)
        return low


def starts_of(numbers: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    """(n + 1,) where the run of each number from 0 to n - 1 begins once entries are sorted by number."""
    return np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=n))]).astype(np.int64)


@dataclass(frozen=True)
class Overlays:
    """Activations of m (feature, quiz) pairs, packed: what is drawn on the cells.

    indptr (m + 1) int64; position (nnz) uint16; value (nnz).
    """

    indptr: NDArray[np.int64]
    position: NDArray[np.uint16]
    value: NDArray[np.floating]

    @classmethod
    def extract(
        cls, activations: SparseActivations, feature: NDArray[np.integer], quiz: NDArray[np.integer]
    ) -> "Overlays":
        """Overlays of m pairs; a pair with quiz -1 has none."""
        start, stop = activations.spans(feature, np.maximum(quiz, 0))
        length = np.where(quiz >= 0, stop - start, 0)
        indptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        entry = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - start, length)
        position = (activations.token[entry] % QUIZ_LENGTH).astype(np.uint16)
        return cls(indptr, position, np.asarray(activations.value[entry]))

    def dense(self, first: int, count: int) -> NDArray[np.float32]:
        """(count, 404) activations of pairs first .. first + count - 1."""
        out = np.zeros((count, QUIZ_LENGTH), dtype=np.float32)
        bounds = self.indptr[first : first + count + 1]
        row = np.repeat(np.arange(count), np.diff(bounds))
        entries = slice(bounds[0], bounds[-1])
        out[row, self.position[entries]] = self.value[entries]
        return out


def open_sparse(folder: Path, n_quizzes: int, remedy: str = "run `culture index`") -> SparseActivations:
    """Memory-map a folder of sparse activations (`BY_FEATURE` and `BY_TOKEN` files).

    Errors: CultureError with the file and `remedy` when one is damaged.
    """
    by_feature = (map_array(folder / f"{name}.npy", remedy) for name in BY_FEATURE)
    by_token = (map_array(folder / f"{name}.npy", remedy) for name in BY_TOKEN)
    indptr, token, value = by_feature
    return SparseActivations(indptr, token, value, n_quizzes, TokenRows(*by_token))
