"""The features that the reader keeps notes on, as a list in the order of a link."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from dashboard.data.choices import EVERYTHING
from dashboard.data.feature.feature_filter import FeatureFilter
from dashboard.data.feature.listed import Listed, listed_features

STARRED, LIST = "starred", "list:"
BY_NUMBER = {"sort": "feature", "up": "1"}


def noted_order(asked: Mapping[str, str], table: pd.DataFrame) -> FeatureFilter:
    """The order of the list that query parameters describe, of features that fire and of those that do not.

    Errors: CultureError for a column that is not in the table.
    """
    order = {name: asked[name] for name in BY_NUMBER if name in asked} if "sort" in asked else BY_NUMBER
    return replace(FeatureFilter.parse(order, table), fires=EVERYTHING)


def listed_notes(table: pd.DataFrame, asked: Mapping[str, str]) -> Listed:
    """The list of the features with notes, or of those in the list that is asked for; a list that is no
    longer there is empty.

    table: with the columns of the reader's notes.
    """
    chosen = noted_order(asked, table)
    name = asked.get("list", EVERYTHING)
    if name == EVERYTHING:
        noted = table.starred | (table[["name", "note"]] != "").any(axis=1) | table.lists.map(bool)
        return listed_features(table, chosen, noted)
    if name == STARRED:
        return listed_features(table, replace(chosen, starred=True))
    within = table.lists.map(lambda names: name.removeprefix(LIST) in names)
    return listed_features(table, chosen, within)
