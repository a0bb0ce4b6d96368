"""Quizzes as arrays that are read and never written."""

from dataclasses import dataclass

import numpy as np

from culture_core.world.quizzes import QuizBatch


@dataclass(frozen=True)
class Quizzes:
    """Quizzes as arrays: tokens and clean (n, 404) uint8, task, structure and source n names each; batch has
    all that is known of them."""

    batch: QuizBatch
    tokens: np.ndarray
    clean: np.ndarray
    task: tuple[str, ...]
    structure: tuple[str, ...]
    source: tuple[str, ...]

    @classmethod
    def of(cls, batch: QuizBatch) -> "Quizzes":
        tokens, clean = batch.tokens.cpu().numpy(), batch.clean.cpu().numpy()
        tokens.setflags(write=False)
        clean.setflags(write=False)
        names = (batch.task_names(), batch.structure_names(), batch.source_names())
        return cls(batch, tokens, clean, *map(tuple, names))
