"""One table over the features of all GPTs, with the reader's notes on them.

Columns that an artifact would bring which is not there yet are left out.
"""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from culture_core.features.grading.sentences import GOOD_F1
from culture_core.features.index.reader import FeatureIndex
from dashboard.data.feature.peak_task import outstanding_tasks
from dashboard.data.feature.promotion import promoted_colours
from dashboard.data.words.concept_names import concept_family
from dashboard.notes.note import Note

# of a feature that no listed concept tells well enough: none with an F1 of GOOD_F1 or more
NO_KIND = "none"


def feature_rows(
    index: FeatureIndex, matched: pd.DataFrame | None, graded: pd.DataFrame | None
) -> pd.DataFrame:
    """The features of one GPT as rows of the table.

    matched, graded: the tables of its matches (`match_table`) and its grades.
    """
    indexed = index.table
    table = indexed[["feature", "fires", "density", "max", "mean", "dead"]].copy()
    table.insert(0, "gpt", index.model_k)
    table["task"] = outstanding_tasks(indexed, len(index.quiz_set.tasks))
    table["task_share"] = indexed.peak_task_share
    if index.has_logit_effects:
        promoted, by = promoted_colours(index)
        table["promoted"], table["promoted_by"] = np.where(table.dead, "", promoted), by
    if matched is not None:
        _add_matches(table, matched)
    if graded is not None:
        _add_grades(table, graded)
    return table


def _add_matches(table: pd.DataFrame, matched: pd.DataFrame) -> None:
    measured = matched[
        ["universality", "partial_r", "n_mutual", "group", "gpts", "lacks", "alone", *r_columns(matched)]
    ]
    table[list(measured)] = measured.where(~table.dead)
    if matched.excess.notna().any():
        table["excess"] = matched.excess.where(~table.dead)


def _add_grades(table: pd.DataFrame, graded: pd.DataFrame) -> None:
    table["concept"], table["concept_words"] = graded.concept, graded.words
    for name in ("f1", "precision", "recall", "auroc", "baseline_f1"):
        table[name] = graded[name].where(graded.concept != "")
    table["gain"] = table.f1 - table.baseline_f1
    families = [concept_family(name) for name in graded.concept]
    table["kind"] = np.where(graded.f1 >= GOOD_F1, families, NO_KIND)


def r_columns(columns: Iterable[str]) -> list[str]:
    """Those of some columns with the best r in each GPT: r_0, r_1 ..."""
    return [name for name in columns if re.fullmatch(r"r_[0-9]+", name)]


def with_excess(matched: pd.DataFrame) -> pd.DataFrame:
    """A table of matches with the column excess: over the highest of the baselines that were measured."""
    baselines = [name for name in matched if name.startswith("excess_")]
    return matched.assign(excess=matched[baselines].min(axis=1))


def with_notes(table: pd.DataFrame, notes: Iterable[Note]) -> pd.DataFrame:
    """The table with the columns starred, name, note and lists of the reader's notes on its features."""
    table = table.assign(starred=False, name="", note="", lists=[()] * len(table))
    place = pd.Series(np.arange(len(table)), pd.MultiIndex.from_frame(table[["gpt", "feature"]]))
    kept = {column: table[column].to_numpy(copy=True) for column in ("starred", "name", "note", "lists")}
    for note in notes:
        row = place.get((note.key.model_k, note.key.feature))
        if row is not None:
            kept["starred"][row], kept["name"][row] = note.starred, note.name
            kept["note"][row], kept["lists"][row] = note.text, note.lists
    return table.assign(**kept)


def for_download(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is written to a file: lists as words."""
    return table.assign(lists=table.lists.map(", ".join))
