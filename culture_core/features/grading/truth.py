"""The concepts of a quiz set, split in two halves of quizzes: thresholds are fitted on one, scores are of the
other."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from culture_core.features.concepts.registry import PackedConcepts
from culture_core.features.grading.scores import Firing
from culture_core.world.vocabulary import QUIZ_LENGTH

# concepts on fewer tokens in either half are left out
MIN_TOKENS = 30
SHUFFLE_SEED = 12
ROWS_AT_ONCE = 2048
WORD = 64


@dataclass(frozen=True)
class Half:
    """One half of the quizzes.

    n_tokens: tokens that are read. holds (c,): on how many of them each concept holds. planes (c, words)
    uint64: where it does, one bit per token.
    """

    n_tokens: int
    holds: NDArray[np.int64]
    planes: NDArray[np.uint64]

    def holds_together(self, parts: NDArray[np.integer]) -> NDArray[np.int64]:
        """(k,) on how many tokens all concepts of each row of (k, p) hold."""
        return np.array([_count(np.bitwise_and.reduce(self.planes[row])) for row in parts], dtype=np.int64)

    def holds_with(self, parts: NDArray[np.integer], others: NDArray[np.integer]) -> NDArray[np.int64]:
        """(k,) on how many tokens all concepts of `parts` and each one of k others hold."""
        return _count(self.planes[others] & np.bitwise_and.reduce(self.planes[parts]))


class Truth:
    """The concepts of a quiz set in two halves, and those of shuffled quizzes.

    gradable (c,): concepts that hold often enough in both halves.
    """

    def __init__(self, concepts: PackedConcepts) -> None:
        self.concepts = concepts
        self._middle = concepts.n_quizzes // 2
        self.fit = _half(concepts, 0, self._middle)
        self.held_out = _half(concepts, self._middle, concepts.n_quizzes)
        self.gradable = (self.fit.holds >= MIN_TOKENS) & (self.held_out.holds >= MIN_TOKENS)
        rng = np.random.default_rng(SHUFFLE_SEED)
        second = self._middle + rng.permutation(concepts.n_quizzes - self._middle)
        self._other_quiz = np.concatenate([rng.permutation(self._middle), second])

    @property
    def n_concepts(self) -> int:
        return len(self.concepts.concepts)

    @cached_property
    def together(self) -> NDArray[np.int64]:
        """(c, c) on how many tokens of the first half two concepts both hold."""
        total = np.zeros((self.n_concepts, self.n_concepts), dtype=np.int64)
        stop = self._middle * QUIZ_LENGTH
        for first in range(0, stop, ROWS_AT_ONCE):
            rows = self.concepts.unpack(slice(first, min(first + ROWS_AT_ONCE, stop))).astype(np.float32)
            total += (rows.T @ rows).astype(np.int64)
        return total

    def shuffled(self, token: NDArray[np.integer]) -> NDArray[np.integer]:
        """The token at the same position of another quiz of the same half."""
        return self._other_quiz[token // QUIZ_LENGTH] * QUIZ_LENGTH + token % QUIZ_LENGTH

    def firing(self, token: NDArray[np.integer], value: NDArray[np.float32]) -> tuple[Firing, Firing]:
        """Split what a feature fires on, tokens increasing, into the two halves."""
        middle = np.searchsorted(token, self._middle * QUIZ_LENGTH)
        return (
            Firing.of(token[:middle], value[:middle], self.fit.n_tokens),
            Firing.of(token[middle:], value[middle:], self.held_out.n_tokens),
        )


def _half(concepts: PackedConcepts, first_quiz: int, stop_quiz: int) -> Half:
    planes = _planes(concepts, slice(first_quiz * QUIZ_LENGTH, stop_quiz * QUIZ_LENGTH))
    n_tokens = (stop_quiz - first_quiz) * (QUIZ_LENGTH - 1)
    return Half(n_tokens, _count(planes), planes)


def _planes(concepts: PackedConcepts, tokens: slice) -> NDArray[np.uint64]:
    """(c, words) one bit per token, from the packed bits, where each token has one bit per concept."""
    rows = concepts.bits[tokens]
    out = np.zeros((len(concepts.concepts), -(-len(rows) // WORD) * WORD // 8), dtype=np.uint8)
    for k in range(len(out)):
        packed = np.packbits((rows[:, k >> 3] >> (k & 7)) & 1)
        out[k, : len(packed)] = packed
    return out.view(np.uint64)


def _count(planes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Bits that are set along the last axis."""
    return np.bitwise_count(planes).sum(axis=-1, dtype=np.int64)
