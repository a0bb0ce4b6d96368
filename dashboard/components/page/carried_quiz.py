"""The quiz and the cell that a page is about, as they go along to the other pages about a quiz."""

from collections.abc import Mapping

from culture_core.world.vocabulary import LAST_GRID, QUIZ_LENGTH
from dashboard.data.population.populations import Population
from dashboard.data.quiz.chosen_quiz import NEW_SET, sets_of

# what the pages call the cell
CELL_NAMES = {"cell": "position", "lab": "cell", "circuits": "cell", "trace": "cell"}
LIKE_CELL_VIEW = ("cell", "trace")
OF_A_NEW_QUIZ, OF_A_STORED_QUIZ = ("task", "structure", "seed", "quiz"), ("number", "quiz")


def first_set(page: str, population: Population) -> str:
    """Where the quiz of a page comes from unless its link says so."""
    return sets_of(population)[0] if page in LIKE_CELL_VIEW else NEW_SET


def quiz_in_link(page: str, population: Population, asked: Mapping[str, str]) -> dict[str, str]:
    """The quiz that a page shows: its set, what names it there, the reader's changes, and the cell.

    asked: the query parameters of the page, which checks those of the quiz itself; a cell that no quiz has is
    left out.
    """
    quiz_set = asked.get("set", first_set(page, population))
    names = OF_A_NEW_QUIZ if quiz_set == NEW_SET else OF_A_STORED_QUIZ
    found = {"set": quiz_set} | {name: asked[name] for name in names if name in asked}
    cell = asked.get(CELL_NAMES[page], "")
    if cell.isascii() and cell.isdigit() and len(cell) < 4 and 0 < int(cell) < QUIZ_LENGTH:
        found["cell"] = cell
    return found


def link_to_quiz(page: str, population: Population, found: Mapping[str, str]) -> dict[str, str]:
    """The query parameters with which a page opens on a quiz that `quiz_in_link` found on another."""
    named = {CELL_NAMES[page] if name == "cell" else name: value for name, value in found.items()}
    if named["set"] == first_set(page, population):
        del named["set"]
    if page == "trace" and int(named.get("cell", LAST_GRID.start)) < LAST_GRID.start:
        del named["cell"]  # only cells of the answer are traced
    return named
