"""The quiz that a page is about: where it comes from, and what the reader made of it."""

from dataclasses import dataclass

import numpy as np
import torch

from culture_core.world.codes import encode_quiz
from culture_core.world.quizzes import QuizBatch
from culture_core.world.structures import canonical_grids, reconfigure, structure_of
from culture_core.world.vocabulary import CULTURE, STRUCTURE_NAMES
from dashboard.data.population.populations import Population
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.lab_quizzes import start_quiz
from dashboard.data.quiz.quiz_sets import BROWSE_SET, CULTURE_SET, INDEX_SET

NEW_SET = "new"
SET_NAMES = {
    NEW_SET: "newly drawn",
    INDEX_SET: "of the feature index",
    BROWSE_SET: "with answers",
    CULTURE_SET: "invented by the GPTs",
}


@dataclass(frozen=True)
class Origin:
    """A quiz as it is before the reader changes it.

    batch: of one. quiz_set: NEW_SET or one of QUIZ_SETS; number: of the quiz in its set, or its seed.
    """

    batch: QuizBatch
    quiz_set: str
    number: int

    @property
    def tokens(self) -> np.ndarray:
        """(404,) uint8, with noise where the set has noise."""
        return self.batch.tokens[0].numpy()

    @property
    def task(self) -> str:
        return self.batch.task_names()[0]

    def words(self) -> str:
        """Which quiz it is, as in "frame, seed 0" or "grow, quiz 7 with answers"."""
        if self.quiz_set == NEW_SET:
            return f"{self.task}, seed {self.number}"
        return f"{self.task}, quiz {self.number} {SET_NAMES[self.quiz_set]}"

    def link(self) -> dict[str, object]:
        """Query parameters that name it on every page that takes a quiz."""
        if self.quiz_set == NEW_SET:
            structure = self.batch.structure_names()[0]
            return {"set": NEW_SET, "task": self.task, "structure": structure, "seed": self.number}
        return {"set": self.quiz_set, "number": self.number}


@dataclass(frozen=True)
class ChosenQuiz:
    """A quiz of the reader's choice: its origin, and its tokens (404,) uint8 as they are now."""

    origin: Origin
    tokens: np.ndarray

    @property
    def as_it_was(self) -> bool:
        """Whether it is its origin, token for token."""
        return np.array_equal(self.tokens, self.origin.tokens)

    @property
    def n_changed(self) -> int:
        """How many cells differ from the origin, whatever the order of the grids."""
        grids, before = _canonical(self.tokens), _canonical(self.origin.tokens)
        return int((grids != before).sum())

    @property
    def task(self) -> str | None:
        """The task whose rule it follows; None for a quiz that the reader changed and for one that the GPTs
        invented."""
        known = self.n_changed == 0 and self.origin.task != CULTURE
        return self.origin.task if known else None

    @property
    def structure(self) -> str:
        return STRUCTURE_NAMES[int(structure_of(_batch(self.tokens))[0])]

    @property
    def clean(self) -> np.ndarray:
        """(404,) uint8 without prompt noise; a quiz that the reader changed has none."""
        if self.n_changed:
            return self.tokens
        return reconfigure(_batch(self.origin.batch.clean[0].numpy()), self.structure)[0].numpy()

    def caption(self) -> tuple[str, str]:
        """What it is, and what there is to say beside it."""
        if self.n_changed == 0:
            task, _, which = self.origin.words().partition(", ")
            return task, which
        cells = "1 cell differs" if self.n_changed == 1 else f"{self.n_changed} cells differ"
        return "your quiz", f"{cells} from {self.origin.words()}"

    def in_structure(self, structure: str) -> np.ndarray:
        """Its tokens (404,) with the grids in another order."""
        return reconfigure(_batch(self.tokens), structure)[0].numpy()

    def link(self) -> dict[str, object]:
        """Query parameters that open it on every page that takes a quiz."""
        if self.as_it_was:
            return self.origin.link()
        return {**self.origin.link(), "quiz": encode_quiz(_batch(self.tokens)[0])}


def quiz_of_set(chosen: Population, hook: str, quiz_set: str, number: int) -> Origin:
    """A quiz of one of QUIZ_SETS; those of the index belong to a hook point."""
    batch = quiz_sets.quizzes_of(chosen, hook, quiz_set).batch
    return Origin(batch[number : number + 1], quiz_set, number)


def new_quiz(task: str, structure: str, seed: int) -> Origin:
    """The quiz of a task, structure and seed, without noise."""
    return Origin(start_quiz(task, structure, seed), NEW_SET, seed)


def sets_of(chosen: Population) -> list[str]:
    """Where a quiz can come from: the sets of the population, and quizzes drawn on the spot."""
    return [*quiz_sets.sets_there(chosen), NEW_SET]


def _batch(tokens: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(tokens, dtype=np.uint8))[None]


def _canonical(tokens: np.ndarray) -> torch.Tensor:
    batch = _batch(tokens)
    return canonical_grids(batch, structure_of(batch))
