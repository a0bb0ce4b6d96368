"""The groups worth a picture."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from culture_core.universality.matching.reader import MatchReader

if TYPE_CHECKING:
    import pandas as pd

MOST_DENSE = 0.05
LEAST_PLACES = 8
RULE = (
    "highest mean excess over shuffled quizzes among the groups whose features fire on at most "
    f"{MOST_DENSE:.0%} of tokens each and whose top quizzes peak at {LEAST_PLACES} or more places, at most "
    "one for each task they fire most in"
)


def interesting_groups(matches: MatchReader, tables: Mapping[int, "pd.DataFrame"], n: int) -> list[int]:
    """Numbers of up to n groups by `RULE`.

    tables: by GPT, an index's table.
    """
    groups = matches.groups
    chosen: list[int] = []
    tasks: set[str] = set()
    for number in groups.excess.sort_values(ascending=False, kind="stable").index:
        features = matches.group_features(int(number))
        task = str(tables[matches.models[0]].peak_task[features[matches.models[0]]])
        if len(chosen) < n and task not in tasks and _selective(features, tables):
            chosen.append(int(number))
            tasks.add(task)
    return chosen


def _selective(features: Mapping[int, int], tables: Mapping[int, "pd.DataFrame"]) -> bool:
    rows = [tables[k].loc[feature] for k, feature in features.items()]
    return all(row.density <= MOST_DENSE and row.peak_places >= LEAST_PLACES for row in rows)
