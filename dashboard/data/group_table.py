"""The groups of universal features as one table, with the filters on it: pandas, without Streamlit."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.data.choices import EVERYTHING

SORTABLE = ("mean_r", "min_r", "excess", "partial_r", "density", "task", "concept", "f1", "agreement")
TEXT_COLUMNS = ("task", "concept")


def group_table(groups: pd.DataFrame, features: pd.DataFrame, agreement: Mapping[int, float]) -> pd.DataFrame:
    """One row a group: its features and r (MatchReader.groups), and what its features have in common.

    features: the features table. task, concept: what most of the group's features have; density, f1: mean
    over them. agreement: by group, of the causal check.
    """
    if len(groups) == 0:
        return groups.assign(task="", density=0.0)
    members = [name for name in groups if name.startswith("gpt_")]
    models = [int(name.removeprefix("gpt_")) for name in members]
    by_key = features.set_index(["gpt", "feature"])
    found = [
        by_key.loc[list(zip([model_k] * len(groups), groups[name], strict=True))]
        for model_k, name in zip(models, members, strict=True)
    ]
    table = groups.assign(
        task=_most_common([part.task for part in found]),
        density=np.mean([part.density for part in found], axis=0),
    )
    if "concept" in features:
        table["concept"] = _most_common([part.concept for part in found])
        table["concept_words"] = _most_common([part.concept_words for part in found])
        table["f1"] = np.nanmean([part.f1.fillna(0) for part in found], axis=0)
    if agreement:
        table["agreement"] = table.group.map(agreement)
    return table.dropna(axis="columns", how="all")


def _most_common(columns: Sequence[pd.Series]) -> np.ndarray:
    """The value that most columns have in each row; of equally many the first."""
    values = np.stack([column.to_numpy(dtype=object) for column in columns])
    votes = (values[:, None] == values[None]).sum(0)
    return values[votes.argmax(0), np.arange(values.shape[1])]


def choose_groups(
    table: pd.DataFrame, *, task: str, concept: str, sort: str, up: bool, most_dense: float = 1.0
) -> pd.DataFrame:
    """The groups of a task and a concept that fire on at most `most_dense` of tokens, sorted by a column."""
    passes = table.density <= most_dense
    if task != EVERYTHING:
        passes &= table.task == task
    if concept != EVERYTHING:
        passes &= table.concept == concept
    return table[passes].sort_values([sort, "group"], ascending=[up, True], na_position="last")


def first_sort(table: pd.DataFrame) -> str:
    """The column that groups are sorted by at first."""
    return "excess" if "excess" in table else "mean_r"
