"""One ground-truth concept, and the two ways a concept of cells bears on a feature.

The activation at position p is the state after token p was read, from which token p + 1 is predicted
(docs/reference/facts.md, "Activations and tokens"). So every concept of cells comes twice: `on` the cell just
read, and `before` it, when it is the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from culture_core.features.concepts.cells import Mask, QuizCells, shifted


@dataclass(frozen=True)
class Concept:
    """A yes-or-no fact about every token of a quiz.

    name: short and unique, as in "before:first_changed" or "task=contact". words: what comes after "fires",
    as in "before a red cell". kind: what it is about. mask: cells of n quizzes -> bool (n, 404).
    """

    name: str
    words: str
    kind: str
    mask: Callable[[QuizCells], Mask]


def on_and_before(
    name: str, phrase: str, kind: str, mask: Callable[[QuizCells], Mask]
) -> tuple[Concept, Concept]:
    """The two concepts of some cells; `phrase` names one of them, as in "a red cell"."""
    return (
        Concept(f"on:{name}", f"on {phrase}", kind, mask),
        Concept(f"before:{name}", f"before {phrase}", kind, lambda cells: shifted(mask(cells), -1)),
    )
