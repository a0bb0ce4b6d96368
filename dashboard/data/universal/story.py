"""The feature that tells best what a universal feature is: on one quiz, beside its match."""

from dataclasses import dataclass

import numpy as np

from culture_core.universality.matching.match import Match
from culture_core.world.vocabulary import STRUCTURE_NAMES
from dashboard.data.cached import shared
from dashboard.data.population import indexes
from dashboard.data.population.populations import Population
from dashboard.data.quiz.quizzes import Quizzes
from dashboard.data.universal import universality
from dashboard.data.universal.universal_features import FeatureRef, most_universal

FIRST_LOOKS = 6
TOLD_OF = 40
LEAST_CELLS, MOST_CELLS, LEAST_R = 8, 100, 0.8
NAMED_F1 = 0.5
PLAINEST = STRUCTURE_NAMES[0]


@dataclass(frozen=True)
class Story:
    """A universal feature on one of its top quizzes, and its best match there.

    quiz: its number in the index; activations, match_activations: (404,).
    """

    ref: FeatureRef
    quiz: int
    activations: np.ndarray
    match: Match
    match_activations: np.ndarray


def universal_refs(chosen: Population, hook: str, n: int = FIRST_LOOKS) -> list[FeatureRef]:
    """The most universal of the selective features, one of each group of matches."""
    index_tables = {k: indexes.index(chosen, hook, k).table for k in chosen.models}
    return most_universal(universality.matches(chosen, hook), index_tables, n)


@shared(universality.matches_written, at_most=8)
def find_story(chosen: Population, hook: str) -> Story | None:
    """The most universal feature that tells its story well: a concept says what it fires on, on one of its
    top quizzes it and its match fire on several cells, much the same ones, and that quiz is in the plainest
    order. The nearest to that if it cannot be had; None when no feature and match fire alike."""
    quizzes = indexes.index_quizzes(indexes.index(chosen, hook, chosen.models[0]))
    refs = universal_refs(chosen, hook, TOLD_OF)
    named = [ref for ref in refs if _has_a_name(chosen, hook, ref)]
    return _plainest_story(chosen, hook, named, quizzes) or _plainest_story(chosen, hook, refs, quizzes)


def _plainest_story(chosen: Population, hook: str, refs: list[FeatureRef], quizzes: Quizzes) -> Story | None:
    """The first story on a quiz in the plainest order, or the first there is."""
    first = None
    for ref in refs:
        for story in _stories(chosen, hook, ref):
            if quizzes.structure[story.quiz] == PLAINEST:
                return story
            first = first or story
    return first


def _has_a_name(chosen: Population, hook: str, ref: FeatureRef) -> bool:
    """Whether a concept tells well what a feature fires on."""
    if not indexes.has_grades(chosen, hook, ref.model_k):
        return False
    concepts = indexes.grades(chosen, hook, ref.model_k).of_feature(ref.feature)
    return bool(concepts) and concepts[0].f1 >= NAMED_F1


def _stories(chosen: Population, hook: str, ref: FeatureRef) -> list[Story]:
    """A feature on each of the top quizzes on which it and its best match fire alike."""
    matches = universality.matches(chosen, hook)
    top = indexes.index(chosen, hook, ref.model_k).top(ref.feature)
    match = max(matches.best(ref.model_k, ref.feature), key=lambda match: match.r)
    overlays = matches.partner_overlays(ref.model_k, ref.feature)[match.model_k]
    told = zip(top.quiz.tolist(), top.activations, overlays, strict=False)
    return [Story(ref, quiz, ours, match, theirs) for quiz, ours, theirs in told if _alike(ours, theirs)]


def _alike(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether two features fire alike on a quiz, on several cells but not on most."""
    n_cells = min((ours > 0).sum(), (theirs > 0).sum())
    return bool(LEAST_CELLS <= n_cells <= MOST_CELLS and np.corrcoef(ours, theirs)[0, 1] >= LEAST_R)
