"""Concepts of the whole quiz: its task and structure, the parameters of its rule, its colours."""

from collections.abc import Callable, Iterator

from culture_core.features.concepts.cells import Mask, QuizCells
from culture_core.features.concepts.concept import Concept
from culture_core.world.vocabulary import COLOUR_NAMES, LABELS, STRUCTURE_NAMES

COLOUR_ROLES = 4
# (task, parameter) -> words by value, after "in TASK quizzes that ..."
PARAMETERS = {
    ("grow", "direction"): {0: "grow", 1: "shrink"},
    ("half_fill", "direction"): {
        0: "fill to the bottom",
        1: "fill to the top",
        2: "fill to the right",
        3: "fill to the left",
    },
    ("corners", "polarity"): {
        0: "show top left and bottom right corners",
        1: "show top right and bottom left corners",
    },
    ("translate", "di"): {-1: "move up", 0: "keep the row", 1: "move down"},
    ("translate", "dj"): {-1: "move left", 0: "keep the column", 1: "move right"},
    ("isometry", "mirrored"): {0: "do not mirror", 1: "mirror"},
    ("isometry", "quarter_turns"): {turns: f"turn by {90 * turns} degrees" for turns in range(4)},
}
STEPS = (-1, 0, 1)


def rule_concepts() -> Iterator[Concept]:
    """All concepts of whole quizzes: each holds on every token of a quiz or on none."""
    for number, task in enumerate(LABELS):
        yield Concept(f"task={task}", f"in {task} quizzes", "task", _task_mask(number))
    for number, structure in enumerate(STRUCTURE_NAMES):
        yield Concept(
            f"structure={structure}", f"in quizzes laid out {structure}", "structure", _structure_mask(number)
        )
    for (task, parameter), meanings in PARAMETERS.items():
        for value, words in meanings.items():
            yield _with_parameters(task, {parameter: value}, words)
    for di in STEPS:
        for dj in STEPS:
            if (di, dj) != (0, 0):
                yield _with_parameters("translate", {"di": di, "dj": dj}, f"move by ({di}, {dj})")
    for role in range(COLOUR_ROLES):
        for colour in range(1, len(COLOUR_NAMES)):
            yield _with_colour(role, colour)


def _task_mask(number: int) -> Callable[[QuizCells], Mask]:
    return lambda cells: cells.in_quizzes(cells.task == number)


def _structure_mask(number: int) -> Callable[[QuizCells], Mask]:
    return lambda cells: cells.in_quizzes(cells.structure == number)


def _with_parameters(task: str, values: dict[str, int], words: str) -> Concept:
    def mask(cells: QuizCells) -> Mask:
        quizzes = cells.of_task(task)
        for parameter, value in values.items():
            quizzes = quizzes & (cells.params[parameter] == value)
        return cells.in_quizzes(quizzes)

    settings = ",".join(f"{parameter}={value}" for parameter, value in values.items())
    return Concept(f"{task}.{settings}", f"in {task} quizzes that {words}", "rule", mask)


def _with_colour(role: int, colour: int) -> Concept:
    def mask(cells: QuizCells) -> Mask:
        return cells.in_pairs(cells.colours[:, :, role] == colour)

    name = COLOUR_NAMES[colour]
    return Concept(f"c{role}={name}", f"in pairs whose colour c{role} is {name}", "rule colour", mask)
