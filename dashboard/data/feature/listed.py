"""A list of features that is stepped through: which row a feature stands in, and what the next one holds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from culture_core.universality.matching.groups import ABSENT
from dashboard.data.feature.feature_filter import FeatureFilter, in_order, passing
from dashboard.data.universal.group_table import group_models

Key = tuple[int, int]


@dataclass(frozen=True)
class Listed:
    """Rows in the order of a list, each with a feature of one GPT, or with features of several.

    models: ids of the m GPTs; features: (n, m) the feature of each, or ABSENT; passes: (n,) which rows are in
    the list. A row that is not has a place in the order all the same, so that a feature that leaves the list
    while one looks at it still has neighbours.
    """

    models: Sequence[int]
    features: np.ndarray
    passes: np.ndarray

    def __len__(self) -> int:
        return int(self.passes.sum())

    def place(self, key: Key) -> int | None:
        """The row of a GPT's feature in the order; None when it has none."""
        model_k, feature = key
        if model_k not in self.models:
            return None
        rows = np.flatnonzero(self.features[:, self.models.index(model_k)] == feature)
        return int(rows[0]) if len(rows) else None

    def number(self, place: int) -> int | None:
        """Which row of the list a place is, counted from 1; None when it is not in the list."""
        return int(self.passes[: place + 1].sum()) if self.passes[place] else None

    def next(self, place: int, step: int, model_k: int) -> Key | None:
        """The next row of the list after (step 1) or before (step -1) a place; None at the end.

        model_k: the GPT whose feature is preferred, where the row has several.
        """
        rows = np.flatnonzero(self.passes)
        further = rows[rows > place] if step > 0 else rows[rows < place][::-1]
        return self.key(int(further[0]), model_k) if len(further) else None

    def any_but(self, place: int, model_k: int) -> Key | None:
        """A row of the list drawn at random, not that of a place; None when there is no other."""
        rows = np.flatnonzero(self.passes)
        others = rows[rows != place]
        return self.key(int(np.random.default_rng().choice(others)), model_k) if len(others) else None

    def key(self, place: int, model_k: int) -> Key:
        """The feature at a place: that of GPT `model_k` where there is one, or of the first that has one."""
        there = {k: int(feature) for k, feature in zip(self.models, self.features[place], strict=True)}
        there = {k: feature for k, feature in there.items() if feature != ABSENT}
        chosen = model_k if model_k in there else next(iter(there))
        return chosen, there[chosen]


def listed_features(table: pd.DataFrame, chosen: FeatureFilter, only: pd.Series | None = None) -> Listed:
    """The list that filters on the features table leave; the others keep their place in the order.

    table: with the columns of the reader's notes; only: which of its rows can be in the list, by default all.
    """
    ordered = in_order(table, chosen)
    models = [int(model_k) for model_k in table.gpt.unique()]
    own = ordered.gpt.to_numpy()[:, None] == np.array(models)
    features = np.where(own, ordered.feature.to_numpy()[:, None], ABSENT)
    passes = passing(ordered, chosen)
    return Listed(models, features, (passes if only is None else passes & only[ordered.index]).to_numpy())


def listed_groups(found: pd.DataFrame) -> Listed:
    """The list of groups of features, in the order of their table."""
    models = group_models(found)
    features = found[[f"gpt_{k}" for k in models]].to_numpy(dtype=int)
    return Listed(models, features, np.ones(len(found), dtype=bool))
