"""The sets of quizzes of a population: those of the index, those with answers, those the GPTs invented."""

from culture_core.answers.browse import BrowseSet
from culture_core.culture.reader import CultureSet
from dashboard.data.cached import changed, shared, written
from dashboard.data.population import indexes
from dashboard.data.population.populations import Population, the_hook
from dashboard.data.quiz import inventions as authorship
from dashboard.data.quiz.inventions import Invention
from dashboard.data.quiz.quizzes import Quizzes

Written = tuple[int | None, int | None]
INDEX_SET, BROWSE_SET, CULTURE_SET = QUIZ_SETS = ("index", "browse", "culture")


def browse_written(chosen: Population) -> int | None:
    """What tells the answers of a population from others made in their place."""
    return written(chosen.folder.browse)


def culture_written(chosen: Population) -> Written:
    """What tells the stored candidates of a population, or the kept ones alone, from others."""
    return changed(chosen.folder.quizzes("candidates")), changed(chosen.folder.quizzes("culture"))


def both_written(chosen: Population) -> tuple[int | None, Written]:
    return browse_written(chosen), culture_written(chosen)


def browse(chosen: Population) -> BrowseSet:
    """The quizzes with the answers of every GPT."""
    return chosen.browse()


@shared(browse_written, at_most=4)
def browse_quizzes(chosen: Population) -> Quizzes:
    """The quizzes of the browse set as arrays."""
    return Quizzes.of(browse(chosen).quizzes)


def culture(chosen: Population) -> CultureSet:
    """The stored culture quizzes with author, probabilities and verdicts."""
    return chosen.culture()


@shared(culture_written, at_most=4)
def culture_quizzes(chosen: Population) -> Quizzes:
    """The stored culture quizzes as arrays."""
    return Quizzes.of(culture(chosen).quizzes)


def has_culture(chosen: Population) -> bool:
    """Whether the GPTs have invented quizzes."""
    return chosen.folder.quizzes("candidates").is_file() or chosen.folder.quizzes("culture").is_file()


@shared(both_written, at_most=4)
def inventions(chosen: Population) -> dict[int, Invention]:
    """What is known of the culture quizzes of the browse set, by their place in it."""
    return authorship.inventions(browse(chosen), culture(chosen) if has_culture(chosen) else None)


def invention(chosen: Population, quiz_set: str, number: int) -> Invention | None:
    """What is known of quiz `number` of one of QUIZ_SETS; None unless the GPTs invented it."""
    if quiz_set == CULTURE_SET:
        return authorship.invention_of(culture(chosen), number)
    return inventions(chosen).get(number) if quiz_set == BROWSE_SET else None


def sets_there(chosen: Population) -> list[str]:
    """The quiz sets there are to look at, of QUIZ_SETS."""
    there = {
        INDEX_SET: bool(chosen.folder.indexed_hooks()),
        BROWSE_SET: browse_written(chosen) is not None,
        CULTURE_SET: has_culture(chosen),
    }
    return [name for name in QUIZ_SETS if there[name]]


def quizzes_of(chosen: Population, hook: str, quiz_set: str) -> Quizzes:
    """The quizzes of one of QUIZ_SETS; those of the index belong to a hook point."""
    if quiz_set == BROWSE_SET:
        return browse_quizzes(chosen)
    if quiz_set == CULTURE_SET:
        return culture_quizzes(chosen)
    opened = indexes.index(chosen, the_hook(chosen, hook), chosen.models[0])
    return indexes.index_quizzes(opened)
