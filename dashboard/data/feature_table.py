"""One table over the features of all GPTs, with the reader's notes on them.

Columns that an artifact would bring which is not there yet are left out.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from dashboard.data.token_names import TOKEN_NAMES
from dashboard.notes.note import Note


def feature_rows(
    model_k: int, indexed: pd.DataFrame, matched: pd.DataFrame | None, graded: pd.DataFrame | None
) -> pd.DataFrame:
    """The features of one GPT as rows of the table.

    indexed, matched, graded: the tables of its index, its matches (`with_excess`) and its grades.
    """
    table = indexed[["feature", "fires", "density", "max", "mean", "dead"]].copy()
    table.insert(0, "gpt", model_k)
    table["task"], table["task_share"] = indexed.peak_task, indexed.peak_task_share
    if "promotes" in indexed:
        table["promoted"] = np.where(table.dead, "", np.array(TOKEN_NAMES)[indexed.promotes])
    if matched is not None:
        measured = matched[["universality", "partial_r", "n_mutual", "group"]].where(~table.dead)
        table[list(measured)] = measured
        if matched.excess.notna().any():
            table["excess"] = matched.excess.where(~table.dead)
    if graded is not None:
        table["concept"], table["concept_words"] = graded.concept, graded.words
        for name in ("f1", "precision", "recall", "auroc", "baseline_f1"):
            table[name] = graded[name].where(graded.concept != "")
    return table


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
