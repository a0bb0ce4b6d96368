"""What a feature detects, in one sentence computed from its grades."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GOOD_F1, FAINT_F1 = 0.3, 0.1
# a baseline of at least this share of the F1 means that position alone says as much
EXPLAINED = 0.9


@dataclass(frozen=True)
class ConceptGrade:
    """One feature on one concept, or on several at once ("a & b").

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


def join_words(words: Iterable[str]) -> str:
    """Concepts in words, cells before places: "on a red cell and before a blue cell, in row 0, in grid A"."""
    words = list(words)
    places = [phrase for phrase in words if phrase.startswith("in ")]
    cells = [phrase for phrase in words if not phrase.startswith("in ")]
    return ", ".join([" and ".join(cells)] * bool(cells) + places)


def feature_sentence(grades: Sequence[ConceptGrade]) -> str:
    """Say what a feature detects and how well; `grades` are sorted, best first."""
    if not grades:
        return "Not graded: it fires too rarely on the quizzes on which thresholds are fitted."
    best = grades[0]
    scores = f"F1 {best.f1:.2f}, precision {best.precision:.2f}, recall {best.recall:.2f}"
    if best.f1 < FAINT_F1:
        return f"No listed concept above F1 {FAINT_F1}."
    if best.f1 < GOOD_F1:
        return f"No listed concept above F1 {GOOD_F1}; the closest is {best.words} ({scores})."
    place = ", so position alone explains it" if best.baseline_f1 >= EXPLAINED * best.f1 else ""
    return f"Fires {best.words}: {scores}; F1 {best.baseline_f1:.2f} with shuffled quizzes{place}."
