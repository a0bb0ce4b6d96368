"""Concepts as the tables name them, alone or several joined: which there are, and which contain some."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from culture_core.features.concepts import BY_NAME

if TYPE_CHECKING:
    import pandas as pd

JOINT = " & "


def concept_parts(name: str) -> tuple[str, ...]:
    """The single concepts of a conjunction, in its order."""
    return tuple(part for part in name.split(JOINT) if part)


def single_concepts(names: Iterable[str]) -> list[str]:
    """Every single concept that occurs in some names, sorted by its words."""
    return sorted({part for name in set(names) for part in concept_parts(name)}, key=concept_words)


def concept_words(name: str) -> str:
    """A single concept in words, as in "before a red cell"."""
    return BY_NAME[name].words if name in BY_NAME else name


def concept_family(name: str) -> str:
    """What a concept, or the first of a conjunction, is about: its kind; "" for none."""
    first = next(iter(concept_parts(name)), "") if isinstance(name, str) else ""
    return BY_NAME[first].kind if first in BY_NAME else ""


def contains_all(names: "pd.Series", wanted: Sequence[str]) -> "pd.Series":
    """Which of the names contain all wanted single concepts."""
    joined = JOINT + names + JOINT
    passes = names.notna()
    for name in wanted:
        passes &= joined.str.contains(f"{JOINT}{name}{JOINT}", regex=False)
    return passes
