"""The profiles of one feature as one table."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from culture_core.features.index.reader import FeatureIndex
from dashboard.data.words.token_names import TOKEN_NAMES


def feature_tables(index: FeatureIndex, feature: int) -> pd.DataFrame:
    """The profiles of a feature as one long table: profile, group, rate (share of tokens), mean, effect."""
    parts = [_part("task", index.density_by_task(feature))]
    parts.append(_part("structure", index.density_by_structure(feature)))
    for name, groups, profile in (
        ("colour", TOKEN_NAMES, index.by_colour(feature)),
        ("position", range(len(index.by_position(feature).rate)), index.by_position(feature)),
    ):
        parts.append(_part(name, dict(zip(groups, profile.rate, strict=True))).assign(mean=profile.mean))
    return pd.concat(parts, ignore_index=True)


def _part(profile: str, rates: Mapping[Any, float]) -> pd.DataFrame:
    return pd.DataFrame({"profile": profile, "group": list(map(str, rates)), "rate": list(rates.values())})
