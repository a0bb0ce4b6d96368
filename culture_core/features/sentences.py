"""What a feature detects, in a sentence made from its grades alone."""

from collections.abc import Sequence
from dataclasses import dataclass

GOOD_F1, FAINT_F1 = 0.3, 0.1
# a baseline of at least this share of the F1 means that position alone says as much
EXPLAINED = 0.9


@dataclass(frozen=True)
class ConceptGrade:
    """One feature on one concept, or on two at once ("a & b").

    words: where it fires, as in "before a red cell". f1, precision, recall: firing at or above `threshold`,
    which was best on the first half of the quizzes, scored on the second half. auroc: of the second half.
    baseline_f1: F1 when the quizzes are shuffled, position kept.
    """

    name: str
    words: str
    f1: float
    precision: float
    recall: float
    auroc: float
    threshold: float
    baseline_f1: float


def join_words(first: str, second: str) -> str:
    """Two concepts in words, the cell before the place: "before a red cell, in row 0"."""
    if first.startswith("in ") and not second.startswith("in "):
        first, second = second, first
    return f"{first}, {second}" if second.startswith("in ") else f"{first} and {second}"


def feature_sentence(grades: Sequence[ConceptGrade]) -> str:
    """Say what a feature detects and how sure that is; `grades` are the best first."""
    if not grades:
        return "Not graded: it fires too rarely on the quizzes that thresholds are fitted on."
    best = grades[0]
    scores = f"F1 {best.f1:.2f}, precision {best.precision:.2f}, recall {best.recall:.2f}"
    if best.f1 < FAINT_F1:
        return f"No listed concept above F1 {FAINT_F1}."
    if best.f1 < GOOD_F1:
        return f"No listed concept above F1 {GOOD_F1}; the nearest is {best.words} ({scores})."
    place = ", so position alone says as much" if best.baseline_f1 >= EXPLAINED * best.f1 else ""
    return f"Fires {best.words}: {scores}; with quizzes shuffled F1 {best.baseline_f1:.2f}{place}."
