"""Filters on the features table, written into links and read from them.

Columns that an artifact would bring which is not there yet are left out, and so are the filters on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from culture_core.errors import CultureError
from culture_core.universality.sharing import NONE
from dashboard.data.choices import EVERYTHING, one_of
from dashboard.data.feature.feature_table import r_columns
from dashboard.data.words.concept_names import JOINT, concept_parts, contains_all, single_concepts
from dashboard.data.words.foreign_text import quoted

FIRES = {"alive": "that fire", "dead": "that never fire", EVERYTHING: "all"}
CHOICES = ("task", "promoted", "kind")
RANGES = ("density", "max", "f1", "gain", "universality", "excess")
SORTABLE = (
    *("feature", "density", "max", "task", "concept", "f1", "gain"),
    *("universality", "excess", "gpts", "promoted", "name"),
)
LEAST_R = 0.5
TEXT_COLUMNS = ("task", "concept", "promoted", "name")
FIRST_SORTS = ("excess", "universality", "density")
NEEDS = {
    "concept": "grade",
    "f1": "grade",
    "kind": "grade",
    "gain": "grade",
    "universality": "match",
    "excess": "match",
    "gpts": "match",
    "lacks": "match",
    "promoted": "index",
}


@dataclass(frozen=True)
class Span:
    """A range of a column, ends included; an end that is None is open."""

    low: float | None = None
    high: float | None = None

    @property
    def is_open(self) -> bool:
        return self.low is None and self.high is None

    def holds(self, values: pd.Series) -> pd.Series:
        """Which values lie in the range; a missing value lies in none but the open one."""
        if self.is_open:
            return pd.Series(True, index=values.index)
        return values.between(
            -np.inf if self.low is None else self.low, np.inf if self.high is None else self.high
        )

    def __str__(self) -> str:
        low, high = ("" if end is None else f"{end:g}" for end in (self.low, self.high))
        return f"{low}..{high}"

    @classmethod
    def parse(cls, text: str) -> "Span":
        """A range written as "low..high".

        Errors: CultureError for anything else.
        """
        low, dots, high = text.partition("..")
        try:
            span = cls(*(float(end) if end else None for end in (low, high)))
        except ValueError:
            dots = ""
        if not dots or any(end is not None and not np.isfinite(end) for end in (span.low, span.high)):
            raise CultureError(f"{quoted(text)} is not a range; write it as 0.1..0.5, 0.1.. or ..0.5")
        return span


@dataclass(frozen=True)
class FeatureFilter:
    """Which features are shown, and in which order.

    models: ids of GPTs, none for all. fires: a key of FIRES. task, promoted, kind: a name or EVERYTHING.
    concept: single concepts that the best one contains, all of them. density, max, f1, gain (F1 above that
    with quizzes shuffled), universality, excess: ranges. matched: in at least how many of the other GPTs
    there is a match of at least `r`; absent: ids of GPTs in which there is none. gpts: in how many GPTs it is
    found, 0 for any; lacks: the id of the only GPT in which it is not, NONE for any (see `Sharing`). starred:
    only those. listed: a list of the reader's, or "". words: all of them occur in the concept, the name or
    the note. sort: a column; up: smallest first.
    """

    models: tuple[int, ...] = ()
    fires: str = "alive"
    task: str = EVERYTHING
    concept: tuple[str, ...] = ()
    promoted: str = EVERYTHING
    kind: str = EVERYTHING
    density: Span = field(default_factory=Span)
    max: Span = field(default_factory=Span)
    f1: Span = field(default_factory=Span)
    gain: Span = field(default_factory=Span)
    universality: Span = field(default_factory=Span)
    excess: Span = field(default_factory=Span)
    matched: int = 0
    r: float = LEAST_R
    absent: tuple[int, ...] = ()
    gpts: int = 0
    lacks: int = NONE
    starred: bool = False
    listed: str = ""
    words: str = ""
    sort: str = ""
    up: bool = False

    def parameters(self) -> dict[str, str | None]:
        """As query parameters; None for what is as by default."""
        default = FeatureFilter()
        return {
            item.name: None
            if (value := getattr(self, item.name)) == getattr(default, item.name)
            else _written(item.name, value)
            for item in fields(self)
        }

    @classmethod
    def parse(cls, parameters: Mapping[str, str], table: pd.DataFrame) -> "FeatureFilter":
        """The filter that query parameters describe.

        Errors: CultureError for a GPT, name, range or column that is not in the table, with what to run where
        an artifact is missing.
        """
        chosen = cls()
        for name in set(parameters) & {item.name for item in fields(cls)}:
            chosen = replace(chosen, **{name: _parsed(name, parameters[name], table)})
        return chosen

    def order(self, table: pd.DataFrame) -> str:
        """The column that is sorted by: the one chosen, or the most telling one there is."""
        return self.sort or next(name for name in FIRST_SORTS if name in table)

    def n_set(self) -> int:
        """How many filters are set; the order and the r of the others do not count."""
        ordering = {"sort", "up", "r"}
        return sum(value is not None for name, value in self.parameters().items() if name not in ordering)


def _written(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "1"
    if isinstance(value, tuple):
        return (JOINT if name == "concept" else ",").join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parsed(name: str, text: str, table: pd.DataFrame) -> Any:
    if name in ("starred", "up"):
        return text == "1"
    if name in ("listed", "words"):
        return text[:200]
    if name in ("models", "absent"):
        return _models(text, table)
    if name in ("matched", "r"):
        return _matched(name, text, table)
    if name == "fires":
        return one_of(name, text, list(FIRES))
    if name == "sort":
        _check_column(text if text in SORTABLE else one_of(name, text, list(SORTABLE)), table)
        return text
    _check_column(name, table)
    if name == "gpts":
        return int(one_of("number of GPTs", text, gpt_counts(table)))
    if name == "lacks":
        return int(one_of("GPT", text, [str(model_k) for model_k in table.gpt.unique()]))
    if name in RANGES:
        return Span.parse(text)
    if name == "concept":
        known = single_concepts(table.concept)
        return tuple(one_of(name, part, known) for part in concept_parts(text))
    return text if text == EVERYTHING else one_of(name, text, choices(table, name))


def _models(text: str, table: pd.DataFrame) -> tuple[int, ...]:
    known = {str(model_k): int(model_k) for model_k in table.gpt.unique()}
    return tuple(sorted({known[one_of("GPT", part, list(known))] for part in text.split(",")}))


def _matched(name: str, text: str, table: pd.DataFrame) -> int | float:
    """In how many of the other GPTs, or at which r."""
    if name == "matched":
        most = max(len(r_columns(table)) - 1, 0)
        return int(one_of("number of GPTs", text, [str(n) for n in range(most + 1)]))
    try:
        r = float(text)
    except ValueError:
        r = -1.0
    if not 0 <= r <= 1:
        raise CultureError(f"{quoted(text)} is not an r; write a number from 0 to 1")
    return r


def _check_column(name: str, table: pd.DataFrame) -> None:
    if name not in table:
        raise CultureError(f"the features have no {name} yet; run `culture {NEEDS[name]}`")


def gpt_counts(table: pd.DataFrame) -> list[str]:
    """In how many GPTs a feature can be found; "0" for any."""
    return [str(n) for n in range(len(r_columns(table)) + 1)]


def choices(table: pd.DataFrame, name: str) -> list[str]:
    """What a column of names holds, in order, without the empty name; features of a GPT whose artifact is
    missing have none."""
    return sorted(set(table[name].dropna().unique()) - {""})


def choose_features(table: pd.DataFrame, chosen: FeatureFilter) -> pd.DataFrame:
    """The features that pass all filters, sorted; missing values come last, ties by GPT and feature.

    table: with the columns of the reader's notes.
    """
    return in_order(table[passing(table, chosen)], chosen)


def passing(table: pd.DataFrame, chosen: FeatureFilter) -> pd.Series:
    """Which features of a table pass all filters."""
    passes = pd.Series(True, index=table.index)
    if chosen.models:
        passes &= table.gpt.isin(chosen.models)
    if chosen.fires != EVERYTHING:
        passes &= table.dead == (chosen.fires == "dead")
    for name in CHOICES:
        if getattr(chosen, name) != EVERYTHING:
            passes &= table[name] == getattr(chosen, name)
    for name in RANGES:
        if name in table:
            passes &= getattr(chosen, name).holds(table[name])
    if chosen.concept:
        passes &= contains_all(table.concept, chosen.concept)
    passes &= _has_matches(table, chosen)
    if chosen.gpts:
        passes &= table.gpts == chosen.gpts
    if chosen.lacks != NONE:
        passes &= table.lacks == chosen.lacks
    if chosen.starred:
        passes &= table.starred
    if chosen.listed:
        passes &= table.lists.map(lambda lists: chosen.listed in lists)
    for word in chosen.words.lower().split():
        passes &= _with_word(table, word)
    return passes


def _has_matches(table: pd.DataFrame, chosen: FeatureFilter) -> pd.Series:
    """Which features have a match in enough of the other GPTs, and none in the absent ones."""
    r = table[r_columns(table)]
    passes = (r >= chosen.r).sum(axis=1) >= chosen.matched
    for model_k in chosen.absent:
        if f"r_{model_k}" in r:
            passes &= r[f"r_{model_k}"] < chosen.r
    return passes


def _with_word(table: pd.DataFrame, word: str) -> pd.Series:
    found = pd.Series(False, index=table.index)
    for name in ("concept", "concept_words", "name", "note"):
        if name in table:
            found |= table[name].str.lower().str.contains(word, regex=False)
    return found


def in_order(table: pd.DataFrame, chosen: FeatureFilter) -> pd.DataFrame:
    """The features of a table, sorted as chosen."""
    column = chosen.order(table)
    key = table[column].replace("", np.nan) if column in TEXT_COLUMNS else table[column]
    keyed = pd.DataFrame({"key": key, "gpt": table.gpt, "feature": table.feature})
    return table.loc[
        keyed.sort_values(
            ["key", "gpt", "feature"], ascending=[chosen.up, True, True], na_position="last"
        ).index
    ]
