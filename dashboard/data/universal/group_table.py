"""The groups of universal features as one table, with the filters on it: pandas, without Streamlit."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from culture_core.universality.matching.groups import ABSENT
from dashboard.data.choices import EVERYTHING
from dashboard.data.words.concept_names import contains_all

SORTABLE = (
    *("n_gpts", "mean_r", "min_r", "excess", "partial_r", "density", "task", "concept", "f1", "agreement"),
)
TEXT_COLUMNS = ("task", "concept")


def group_table(groups: pd.DataFrame, features: pd.DataFrame, agreement: Mapping[int, float]) -> pd.DataFrame:
    """One row per group: its features and r (MatchReader.groups), and what its features have in common.

    features: the features table. n_gpts: how many GPTs have a feature in it. task, concept: what most of the
    group's features have; density, f1: mean over them. agreement: by group, of the causal check.
    """
    if len(groups) == 0:
        return groups.assign(n_gpts=0, task="", density=0.0)
    by_key = features.set_index(["gpt", "feature"])
    found = [
        by_key.reindex(pd.MultiIndex.from_product([[model_k], groups[f"gpt_{model_k}"]]))
        for model_k in group_models(groups)
    ]
    table = groups.assign(
        n_gpts=(groups[[f"gpt_{k}" for k in group_models(groups)]] != ABSENT).sum(axis=1),
        task=_most_common([part.task for part in found]),
        density=np.nanmean([part.density for part in found], axis=0),
    )
    if "concept" in features:
        table["concept"] = _most_common([part.concept for part in found])
        table["concept_words"] = _most_common([part.concept_words for part in found])
        table["f1"] = np.nanmean([part.f1.fillna(0).where(part.density.notna()) for part in found], axis=0)
    if agreement:
        table["agreement"] = table.group.map(agreement)
    return table.dropna(axis="columns", how="all")


def _most_common(columns: Sequence[pd.Series]) -> np.ndarray:
    """The value but "" that most columns have in each row; of equally many the first."""
    values = np.stack([column.fillna("").to_numpy(dtype=object) for column in columns])
    votes = (values[:, None] == values[None]).sum(0) * (values != "")
    return values[votes.argmax(0), np.arange(values.shape[1])]


def group_models(columns: Iterable[str]) -> list[int]:
    """The ids of the GPTs that a table of groups with these columns is over."""
    return [int(name.removeprefix("gpt_")) for name in columns if name.startswith("gpt_")]


def members_of(group: pd.Series) -> dict[int, int]:
    """By GPT the feature it has in a row of a table of groups; without the GPTs that have none."""
    members = {k: int(group[f"gpt_{k}"]) for k in group_models(group.index)}
    return {model_k: feature for model_k, feature in members.items() if feature != ABSENT}


def choose_groups(
    table: pd.DataFrame,
    *,
    sort: str,
    up: bool,
    task: str = EVERYTHING,
    concepts: Sequence[str] = (),
    n_gpts: int | None = None,
    absent: Sequence[int] = (),
    most_dense: float = 1.0,
) -> pd.DataFrame:
    """The groups of a task, of concepts and of so many GPTs, with no feature of the `absent` ones, that fire
    on at most `most_dense` of tokens, sorted by a column."""
    passes = table.density <= most_dense
    if task != EVERYTHING:
        passes &= table.task == task
    if concepts:
        passes &= contains_all(table.concept, concepts)
    if n_gpts is not None:
        passes &= table.n_gpts == n_gpts
    for model_k in absent:
        passes &= table[f"gpt_{model_k}"] == ABSENT
    return table[passes].sort_values([sort, "group"], ascending=[up, True], na_position="last")


def first_sort(table: pd.DataFrame) -> str:
    """The column that groups are sorted by at first."""
    return "excess" if "excess" in table else "mean_r"
