"""All concepts by name, and their masks over a batch of quizzes, packed to one bit each."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.features.concepts.cells import Mask, QuizCells
from culture_core.features.concepts.change import change_concepts
from culture_core.features.concepts.colour import colour_concepts
from culture_core.features.concepts.concept import Concept
from culture_core.features.concepts.place import place_concepts
from culture_core.features.concepts.rectangle import rectangle_concepts
from culture_core.features.concepts.rule import rule_concepts
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import QUIZ_LENGTH

CONCEPTS: tuple[Concept, ...] = (
    *rule_concepts(),
    *place_concepts(),
    *colour_concepts(),
    *rectangle_concepts(),
    *change_concepts(),
)
BY_NAME = {concept.name: concept for concept in CONCEPTS}
QUIZZES_AT_ONCE = 500
MOST_IN_A_BYTE = 255
# byte -> word whose bytes are its bits
SPREAD = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").view(np.uint64)


def concept_mask(name: str, batch: QuizBatch) -> Mask:
    """Where a concept holds: (n, 404) bool. Raises KeyError for a name that is not in BY_NAME."""
    return np.array(BY_NAME[name].mask(QuizCells(batch)))


def registry_hash() -> str:
    """A hash of all names and words: grades made with another registry are out of date."""
    text = "\n".join(f"{concept.name}\t{concept.words}" for concept in CONCEPTS)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class PackedConcepts:
    """Masks of c concepts over n quizzes, one bit each.

    concepts: the c concepts. bits: (n x 404, ceil(c / 8)) uint8, concept k in bit k % 8 of byte k // 8; the
    last token of a quiz, which is never read, is in no concept.
    """

    concepts: tuple[Concept, ...]
    bits: NDArray[np.uint8]

    @property
    def n_quizzes(self) -> int:
        return len(self.bits) // QUIZ_LENGTH

    def unpack(self, tokens: NDArray[np.integer] | slice) -> NDArray[np.uint8]:
        """(m, c) 0 or 1: the concepts of m tokens, numbered quiz x 404 + position."""
        return np.unpackbits(self.bits[tokens], axis=1, bitorder="little", count=len(self.concepts))

    def columns(self, concepts: NDArray[np.integer], tokens: NDArray[np.integer]) -> NDArray[np.uint8]:
        """(m, k) 0 or 1: k concepts of m tokens."""
        return (self.bits[tokens][:, concepts >> 3] >> (concepts & 7).astype(np.uint8)) & 1

    def count(self, tokens: NDArray[np.integer]) -> NDArray[np.int64]:
        """(c,) how many of m tokens each concept holds on.

        Every bit is spread to a byte of its own, and bytes are added eight at a time in 64-bit words, 255
        rows at most so that no byte overflows.
        """
        counts = np.zeros(8 * self.bits.shape[1], dtype=np.int64)
        for first in range(0, len(tokens), MOST_IN_A_BYTE):
            words = SPREAD.take(self.bits[tokens[first : first + MOST_IN_A_BYTE]])
            counts += words.sum(axis=0).view(np.uint8)
        return counts[: len(self.concepts)]


def pack_concepts(batch: QuizBatch, concepts: tuple[Concept, ...] = CONCEPTS) -> PackedConcepts:
    """The masks of concepts over a batch, packed, a block of quizzes at a time."""
    parts = [
        _pack(QuizCells(batch[first : first + QUIZZES_AT_ONCE]), concepts)
        for first in range(0, len(batch), QUIZZES_AT_ONCE)
    ]
    return PackedConcepts(concepts, np.concatenate(parts))


def _pack(cells: QuizCells, concepts: tuple[Concept, ...]) -> NDArray[np.uint8]:
    bits = np.zeros((*cells.shape, -(-len(concepts) // 8)), dtype=np.uint8)
    for k, concept in enumerate(concepts):
        bits[:, :, k // 8] |= concept.mask(cells).astype(np.uint8) << (k % 8)
    bits[:, -1] = 0
    return bits.reshape(-1, bits.shape[2])
