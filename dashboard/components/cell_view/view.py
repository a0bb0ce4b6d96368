"""What the Cell view is about: a quiz, a cell of it, how each GPT reads it, what is drawn on the cells."""

from dataclasses import dataclass

import numpy as np

from culture_core.features.quiz_reading import QuizReading
from culture_core.figures.style import ValueScale
from culture_core.world.vocabulary import QUIZ_LENGTH
from dashboard.components.page import permalink
from dashboard.components.page.notes import feature_label
from dashboard.components.page.scope import Scope
from dashboard.data.feature.firing_features import FiringFeature, described_features
from dashboard.data.population import indexes
from dashboard.data.quiz.chosen_quiz import ChosenQuiz
from dashboard.data.quiz.doubt import doubt
from dashboard.data.quiz.inventions import Invention
from dashboard.data.universal import universality

AFTER, BEFORE = "after", "before"
DOUBT = ValueScale("probability of a wrong token", 1.0)


@dataclass(frozen=True)
class Shown:
    """What is drawn on the cells: a feature of a GPT, or (feature None) its doubt; model_k None: nothing."""

    model_k: int | None = None
    feature: int | None = None


@dataclass(frozen=True)
class View:
    """What the page is about: a quiz, a cell of it, and how each GPT reads it."""

    scope: Scope
    quiz: ChosenQuiz
    position: int
    readings: dict[int, QuizReading]
    invention: Invention | None

    @property
    def tokens(self) -> np.ndarray:
        return self.quiz.tokens

    def probability_of_truth(self, model_k: int) -> np.ndarray:
        """(404,) how probable each token of the quiz was to a GPT, from the tokens before it."""
        return self.readings[model_k].probabilities[np.arange(QUIZ_LENGTH), self.tokens]

    def state_position(self, when: str) -> int:
        """The last token read in the state that is looked at: the cell's own, or the one before; -1: none."""
        return self.position if when == AFTER else self.position - 1

    def features(self, model_k: int, when: str) -> list[FiringFeature]:
        """The features of a GPT that fire at the cell."""
        scope, reading = self.scope, self.readings[model_k]
        return described_features(scope.population, scope.hook, model_k, reading, self.state_position(when))


def read_shown(view: View) -> Shown:
    """What the URL says is drawn on the cells: "gpt-0" or "0-123"; nothing for what is not there."""
    first, _, second = (permalink.read("show") or "").partition("-")
    models = {str(k): k for k in view.readings}
    if first == "gpt" and second in models:
        return Shown(models[second])
    if first in models and second.isdecimal() and len(second) < 8:
        return Shown(models[first], int(second))
    return Shown()


def overlay(view: View, shown: Shown) -> tuple[np.ndarray | None, ValueScale | None]:
    """What is drawn on the cells, (404,), and its scale."""
    if shown.model_k is None:
        return None, None
    if shown.feature is None:
        return doubt(view.probability_of_truth(shown.model_k)), DOUBT
    values = view.readings[shown.model_k].of_feature(shown.feature)
    largest = float(values.max())
    scope = view.scope
    if indexes.has_index(scope.population, scope.hook, shown.model_k):
        index = indexes.index(scope.population, scope.hook, shown.model_k)
        if shown.feature < index.n_features:
            largest = max(largest, index.max_activation(shown.feature))
    return values, ValueScale(feature_label(scope, shown.model_k, shown.feature), largest)


def best_matches(scope: Scope, shown: Shown) -> dict[int, int]:
    """The best match of the feature that is drawn in each other GPT."""
    if shown.feature is None or shown.model_k is None:
        return {}
    if not universality.has_matches(scope.population, scope.hook):
        return {}
    matches = universality.matches(scope.population, scope.hook)
    if shown.feature >= len(matches.universality[shown.model_k]):
        return {}
    return {match.model_k: match.feature for match in matches.best(shown.model_k, shown.feature)}
