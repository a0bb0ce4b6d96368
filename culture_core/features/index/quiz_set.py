"""The quiz set of an index: regenerated from its description, so an index stores no quizzes."""

import hashlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from culture_core.settings import quizzes_in_turn, setting
from culture_core.world.quizzes import QuizBatch, concatenate, generate_stream
from culture_core.world.vocabulary import WORLD_TASKS


@dataclass(frozen=True)
class QuizSet:
    """A numbered set of generated quizzes.

    seed: apart from every training seed. structure: one of STRUCTURE_NAMES, "mixed" or "answerable". noise:
    share of noisy cells in the prompt.
    """

    n: int = quizzes_in_turn(4000)
    seed: int = setting(7, "seed of the quiz set")
    structure: str = "mixed"
    noise: float = 0.05
    tasks: tuple[str, ...] = WORLD_TASKS

    def quizzes(self, first: int = 0, count: int | None = None) -> QuizBatch:
        """Quizzes number first .. first + count - 1 (default: all)."""
        count = self.n - first if count is None else min(count, self.n - first)
        return generate_stream(
            self.tasks, first, count, self.seed, structure=self.structure, noise=self.noise
        )

    def piece(self, first: int, count: int) -> QuizBatch:
        """The same quizzes, for reading a set piece by piece: a few quizzes take as long to make as a
        thousand, so they are cut out of larger blocks."""
        stop = min(first + count, self.n)
        blocks = range(first // BLOCK, (stop - 1) // BLOCK + 1)
        pieces = [_block(self, b)[max(0, first - b * BLOCK) : stop - b * BLOCK] for b in blocks]
        return pieces[0] if len(pieces) == 1 else concatenate(pieces)

    def sha256(self) -> str:
        """SHA-256 of the tokens of the first and last quizzes: tells whether the generator still makes the
        same set."""
        ends = (self.quizzes(0, FINGERPRINT), self.quizzes(max(0, self.n - FINGERPRINT)))
        digest = hashlib.sha256()
        for batch in ends:
            digest.update(batch.tokens.numpy().tobytes())
        return digest.hexdigest()

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "tasks": list(self.tasks)}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "QuizSet":
        return cls(**{**record, "tasks": tuple(record["tasks"])})


BLOCK = 1024


@lru_cache(maxsize=2)
def _block(quiz_set: QuizSet, number: int) -> QuizBatch:
    return quiz_set.quizzes(number * BLOCK, BLOCK)


# quizzes at each end that `QuizSet.sha256` hashes: every task and structure, made in a moment
FINGERPRINT = 400
