"""The groups worth a picture."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from culture_core.features.index.selective import LEAST_FIRES, LEAST_PLACES, MOST_DENSE, is_selective
from culture_core.universality.matching.reader import MatchReader

if TYPE_CHECKING:
    import pandas as pd

RULE = (
    "The groups with the highest mean r above shuffled quizzes whose features each fire on at most "
    f"{MOST_DENSE:.0%} of tokens but on at least {LEAST_FIRES} tokens, with top quizzes that peak at "
    f"{LEAST_PLACES} or more positions. At most one group per task in which they fire most."
)


def interesting_groups(matches: MatchReader, tables: Mapping[int, "pd.DataFrame"], n: int) -> list[int]:
    """Numbers of up to n groups by `RULE`.

    tables: by GPT, an index's table.
    """
    groups = matches.groups
    selective = {k: is_selective(table) for k, table in tables.items()}
    chosen: list[int] = []
    tasks: set[str] = set()
    for number in groups.over_shuffled.sort_values(ascending=False, kind="stable").index:
        features = matches.group_features(int(number))
        task = str(tables[matches.models[0]].peak_task[features[matches.models[0]]])
        all_selective = all(selective[k][feature] for k, feature in features.items())
        if len(chosen) < n and task not in tasks and all_selective:
            chosen.append(int(number))
            tasks.add(task)
    return chosen
