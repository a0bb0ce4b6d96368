"""Sparse activations on disk, sorted by feature, memory-mapped.

Three arrays: indptr (f + 1) int64; token (nnz) int32 = quiz x 404 + position, increasing within a feature;
value (nnz) float32. They are large and made again by `culture index`, so they do not ship.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from culture_core.errors import CultureError
from culture_core.world.vocabulary import QUIZ_LENGTH


@dataclass(frozen=True)
class SparseActivations:
    """Activations of f features over n quizzes; see the module for the layout."""

    indptr: NDArray[np.int64]
    token: NDArray[np.int32]
    value: NDArray[np.float32]
    n_quizzes: int

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
        order = np.argsort(feature, kind="stable")
        counts = np.bincount(feature, minlength=n_features)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(indptr, token[order], value[order], n_quizzes)

    def of_feature(self, feature: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """(tokens, values) of one feature over all quizzes."""
        rows = slice(self.indptr[feature], self.indptr[feature + 1])
        return self.token[rows], self.value[rows]

    def spans(
        self, feature: NDArray[np.integer], quiz: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the entries of (feature, quiz) pairs lie: (start, stop), each shaped like the broadcast
        inputs."""
        stride = self.n_quizzes * QUIZ_LENGTH
        feature_of_entry = np.repeat(np.arange(self.n_features, dtype=np.int64), np.diff(self.indptr))
        key = feature_of_entry * stride + self.token
        first = np.asarray(feature, dtype=np.int64) * stride + np.asarray(quiz, dtype=np.int64) * QUIZ_LENGTH
        return np.searchsorted(key, first), np.searchsorted(key, first + QUIZ_LENGTH)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        for name in ("indptr", "token", "value"):
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def open(cls, folder: Path, n_quizzes: int) -> "SparseActivations":
        """Memory-map a saved folder.

        Errors: CultureError when it is not there.
        """
        if not (folder / "value.npy").is_file():
            raise CultureError(f"no sparse activations in {folder}; run `culture index` to make them again")
        indptr, token, value = (
            np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("indptr", "token", "value")
        )
        return cls(indptr, token, value, n_quizzes)


@dataclass(frozen=True)
class Overlays:
    """Activations of m (feature, quiz) pairs, packed: what is drawn on the cells.

    indptr (m + 1) int64; position (nnz) uint16; value (nnz) float32.
    """

    indptr: NDArray[np.int64]
    position: NDArray[np.uint16]
    value: NDArray[np.float32]

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

    def arrays(self, prefix: str) -> dict[str, NDArray]:
        """The three arrays, named for an npz file."""
        return {
            f"{prefix}_indptr": self.indptr,
            f"{prefix}_position": self.position,
            f"{prefix}_value": self.value,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray], prefix: str) -> "Overlays":
        return cls(*(arrays[f"{prefix}_{name}"] for name in ("indptr", "position", "value")))
