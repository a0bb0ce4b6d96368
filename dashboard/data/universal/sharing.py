"""How many features are found in how many GPTs, by concept and by GPT: pandas, without Streamlit."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from culture_core.universality.matching.groups import ABSENT
from culture_core.universality.sharing import NONE
from dashboard.data.feature.feature_table import NO_KIND
from dashboard.data.universal.group_table import group_models


def by_kind(features: pd.DataFrame, n_gpts: int) -> pd.DataFrame:
    """Features that fire, by what their best concept is about (rows, NO_KIND last) and by how many of the
    GPTs have them (columns 1 to n_gpts).

    features: the features table, graded and matched; those of GPTs that were not graded do not count.
    """
    firing = features[~features.dead & (features.kind != "")]
    counts = pd.crosstab(firing.kind, firing.gpts.astype(int))
    counts = counts.reindex(columns=range(1, n_gpts + 1), fill_value=0)
    return counts.sort_index(key=lambda kinds: np.where(kinds == NO_KIND, "~", kinds))


def by_owner(features: pd.DataFrame, models: Sequence[int]) -> pd.DataFrame:
    """By GPT: fires, how many of its features do; only, how many of them are found in no other GPT; lacks,
    how many features of the others are found in all GPTs but this one."""
    firing = features[~features.dead]
    only = firing[firing.gpts == 1]
    lacks = firing.lacks[firing.lacks != NONE].astype(int)
    columns = {"fires": firing.gpt, "only": only.gpt, "lacks": lacks}
    counts = {name: owners.value_counts() for name, owners in columns.items()}
    return pd.DataFrame(counts).reindex(models).fillna(0).astype(int)


def by_size(groups: pd.DataFrame) -> pd.Series:
    """How many groups of mutual best matches there are of so many GPTs, most GPTs first.

    groups: MatchReader.groups and smaller_groups, or the table of groups.
    """
    members = groups[[f"gpt_{k}" for k in group_models(groups)]]
    return (members != ABSENT).sum(axis=1).value_counts().sort_index(ascending=False)
