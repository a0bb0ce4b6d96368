"""How alike the circuits of the GPTs are over many quizzes, as `culture trace --profile` measured it."""

from collections.abc import Hashable

import pandas as pd

from culture_core.circuits.profile_stage import open_sharing
from culture_core.circuits.sharing import MATCHED, OTHER_TASK, SAME, SAME_TASK
from dashboard.data.cached import shared
from dashboard.data.population.populations import Population
from dashboard.data.universal.universality import matches_written

COLUMNS = {
    "compared": "Compared",
    SAME: "Same quiz",
    SAME_TASK: "Another quiz of the task",
    OTHER_TASK: "Another task",
    MATCHED: "Could overlap",
}


def _made_from(chosen: Population) -> Hashable:
    profiles = tuple(chosen.artifact("trace_profile", k).written() for k in chosen.models)
    return profiles, tuple(matches_written(chosen, hook) for hook in chosen.hooks)


@shared(_made_from, at_most=4, spinner="Comparing the circuits of the GPTs")
def likeness_table(chosen: Population) -> pd.DataFrame:
    """One row per what is compared: overlaps on the same quiz and on others, means over pairs of GPTs.

    Errors: CultureError when a profile is of other SAEs or quizzes.
    """
    return open_sharing(chosen.folder).means()[list(COLUMNS)].rename(columns=COLUMNS)
