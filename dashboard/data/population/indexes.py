"""The feature indexes and the grades of a population's SAEs."""

from culture_core.features.grading.reader import Grades
from culture_core.features.index.quiz_set import QuizSet
from culture_core.features.index.reader import FeatureIndex
from dashboard.data.cached import shared, written
from dashboard.data.population.populations import Population
from dashboard.data.quiz.quizzes import Quizzes


def index_written(chosen: Population, hook: str, model_k: int) -> int | None:
    """What tells one GPT's index from another one made in its place."""
    return written(chosen.folder.index(hook, model_k))


def grades_written(chosen: Population, hook: str, model_k: int) -> int | None:
    """What tells the grades of one GPT's features from others made in their place."""
    return written(chosen.folder.concepts(hook, model_k))


def index(chosen: Population, hook: str, model_k: int) -> FeatureIndex:
    """The feature index of one GPT's SAE."""
    return chosen.index(hook, model_k)


def has_index(chosen: Population, hook: str, model_k: int) -> bool:
    """Whether one GPT's SAE has an index."""
    return hook != "" and index_written(chosen, hook, model_k) is not None


def index_quizzes(opened: FeatureIndex) -> Quizzes:
    """The quizzes an index is over; the indexes of all GPTs share them."""
    return _quizzes_of_set(opened.quiz_set)


@shared(lambda quiz_set: quiz_set, at_most=4, spinner="Making the quizzes")
def _quizzes_of_set(quiz_set: QuizSet) -> Quizzes:
    return Quizzes.of(quiz_set.quizzes())


def grades(chosen: Population, hook: str, model_k: int) -> Grades:
    """The grades of one GPT's features on the concepts."""
    return chosen.grades(hook, model_k)


def has_grades(chosen: Population, hook: str, model_k: int) -> bool:
    """Whether one GPT's features have been graded."""
    return grades_written(chosen, hook, model_k) is not None
