"""Quizzes on which a feature is silent on cells where its best concept holds."""

from dataclasses import dataclass

import numpy as np

from culture_core.features.concepts import concept_mask
from culture_core.world.vocabulary import QUIZ_LENGTH
from dashboard.data.feature.sample import sample_activations
from dashboard.data.population import indexes
from dashboard.data.population.populations import Population
from dashboard.data.words.concept_names import concept_parts

LAST = QUIZ_LENGTH - 1


@dataclass(frozen=True)
class NearMisses:
    """Where a concept holds and a feature is silent, on the first n quizzes of the index.

    words: the concept. holds, missed: (n, 404) bool; the last token, never read, is in neither. order:
    numbers of the quizzes with misses, those with most first.
    """

    words: str
    holds: np.ndarray
    missed: np.ndarray
    order: np.ndarray

    @classmethod
    def of(cls, words: str, holds: np.ndarray, fires: np.ndarray) -> "NearMisses":
        """holds, fires: (n, 404) bool."""
        read = np.arange(QUIZ_LENGTH) < LAST
        missed = holds & ~fires & read
        n_missed = missed.sum(1)
        order = np.argsort(-n_missed, kind="stable")
        return cls(words, holds & read, missed, order[n_missed[order] > 0])


def near_misses(chosen: Population, hook: str, model_k: int, feature: int) -> NearMisses | None:
    """The near misses of a feature for the concept it follows best; None where it has none."""
    best = indexes.grades(chosen, hook, model_k).of_feature(feature)[:1]
    if not best:
        return None
    activations = sample_activations(chosen, hook, model_k)
    fires = np.zeros(activations.n_quizzes * QUIZ_LENGTH, dtype=bool)
    fires[activations.of_feature(feature)[0]] = True
    quizzes = indexes.index_quizzes(indexes.index(chosen, hook, model_k)).batch[: activations.n_quizzes]
    holds = np.logical_and.reduce([concept_mask(name, quizzes) for name in concept_parts(best[0].name)])
    return NearMisses.of(best[0].words, holds, fires.reshape(-1, QUIZ_LENGTH))
