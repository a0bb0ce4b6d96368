"""What a comparison says: which measures of likeness are clearly higher, which lower, than in the first."""

from collections.abc import Mapping, Sequence
from typing import Any

# one measure of each kind of likeness; the states of every block come after them
LIKENESS = {
    "features.universal": "features, best r 0.5 above shuffled",
    "world.same_excess": "same answer above chance, world quizzes",
    "world.same_wrong": "same mistake, world quizzes",
    "culture.same_excess": "same answer above chance, culture quizzes",
    "culture.same_wrong": "same mistake, culture quizzes",
}
STATES, STATE_MEASURE = "states.", ".cka_by_position"


def likeness_measures(pairs: Mapping[str, Any]) -> dict[str, str]:
    """The measures of likeness among the measured ones, in a few words each, as in "same answer, world
    quizzes"."""
    states = {
        name: f"states after block {name.split('.')[1]} (CKA by position)"
        for name in pairs
        if name.startswith(STATES) and name.endswith(STATE_MEASURE)
    }
    return {name: words for name, words in (LIKENESS | states).items() if name in pairs}


def by_chance(differences: Sequence[Mapping[str, Any]]) -> tuple[float, int]:
    """How many of the intervals at 95% would leave out 0 by chance, and how many there are."""
    n = sum(len(measures) for one in differences for measures in sorted_by_sign(one))
    return 0.05 * n, n


def sorted_by_sign(difference: Mapping[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """The measures of likeness, in words, that are clearly higher, clearly lower, and neither; those without
    an interval are left out.

    difference: one of a comparison's "differences".
    """
    higher: list[str] = []
    lower: list[str] = []
    neither: list[str] = []
    for name, words in likeness_measures(difference["pairs"]).items():
        interval = difference["pairs"][name]["interval"]
        if interval is not None:
            said = higher if interval[0] > 0 else lower if interval[1] < 0 else neither
            said.append(words)
    return higher, lower, neither
