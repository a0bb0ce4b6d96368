"""The latents of the joint dictionary as one table, with the filters on it: pandas, without Streamlit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from culture_core.artifacts import JOINT
from culture_core.features.grading.reader import Grades
from culture_core.features.index.reader import FeatureIndex
from culture_core.universality.joint.reader import JointReader
from culture_core.universality.matching.reader import NO_GROUP, MatchReader
from dashboard.data.cached import shared
from dashboard.data.choices import EVERYTHING, one_of
from dashboard.data.population.populations import Population

FALLS = "-"


def joint_index(chosen: Population, hook: str) -> FeatureIndex:
    """The feature index of the joint dictionary."""
    return chosen.index(hook, chosen.models[0], JOINT)


def joint_grades(chosen: Population, hook: str) -> Grades:
    """The grades of its latents on the concepts."""
    return chosen.grades(hook, chosen.models[0], JOINT)


def _written(chosen: Population, hook: str) -> tuple[int | None, ...]:
    of_dictionary = (hook, chosen.models[0], JOINT)
    artifacts = [chosen.artifact(kind, *of_dictionary) for kind in ("index", "grades")]
    artifacts += [chosen.artifact(kind, hook) for kind in ("joint", "matches")]
    return tuple(artifact.written() for artifact in artifacts)


@shared(_written, at_most=4)
def latents(chosen: Population, hook: str) -> pd.DataFrame:
    """One row per latent that fires.

    latent; density; concept, words, f1, baseline_f1 of its best concept; users, how many GPTs use it; norm_K,
    the length of its decoder row in GPT K over the longest; group, the matched group that it is, NO_GROUP for
    none.
    """
    joint, indexed = chosen.joint(hook), joint_index(chosen, hook).table
    table = joint.table[["latent", "users", *norm_columns(joint.models)]].assign(
        density=indexed.density, group=groups_of_latents(joint, chosen.matches(hook))
    )
    graded = joint_grades(chosen, hook).table
    for name in ("concept", "words"):
        table[name] = graded[name]
    for name in ("f1", "baseline_f1"):
        table[name] = graded[name].where(graded.concept != "")
    return table[~indexed.dead].reset_index(drop=True)


def groups_of_latents(joint: JointReader, matches: MatchReader) -> NDArray[np.int64]:
    """(n,) the matched group of all GPTs that each latent is, the one with the highest mean r of several:
    all its features have that latent. NO_GROUP: it is none."""
    groups = joint.groups(matches)
    whole = groups[groups.members == len(joint.models)].drop_duplicates("latent")
    found = np.full(joint.n_latents, NO_GROUP)
    found[whole.latent] = whole.group
    return found


def norm_columns(models: list[int]) -> list[str]:
    """The columns with the relative norm in each GPT."""
    return [f"norm_{k}" for k in models]


@dataclass(frozen=True)
class LatentFilter:
    """Which latents are shown, and in which order.

    users: by how many GPTs they are used, or EVERYTHING; by: a column; up: smallest first.
    """

    users: str = EVERYTHING
    by: str = "f1"
    up: bool = False

    @classmethod
    def parse(cls, parameters: Mapping[str, str], models: list[int]) -> "LatentFilter":
        """The filter that the query parameters `users` and `by` describe, a "-" before a column for largest
        first.

        Errors: CultureError for what is not there.
        """
        users, by = parameters.get("users", EVERYTHING), parameters.get("by", f"{FALLS}f1")
        name = by.removeprefix(FALLS)
        return cls(
            users=one_of("number of GPTs", users, user_options(models)),
            by=one_of("column", name, ["latent", "concept", "f1", "density", "users", *norm_columns(models)]),
            up=not by.startswith(FALLS),
        )

    @property
    def order(self) -> str:
        """The order as a query parameter."""
        return self.by if self.up else f"{FALLS}{self.by}"

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The latents that pass, sorted."""
        passes = table if self.users == EVERYTHING else table[table.users == int(self.users)]
        key = passes[self.by].replace("", np.nan) if self.by == "concept" else passes[self.by]
        keyed = pd.DataFrame({"key": key, "latent": passes.latent})
        order = keyed.sort_values(["key", "latent"], ascending=[self.up, True], na_position="last")
        return passes.loc[order.index]


def user_options(models: list[int]) -> list[str]:
    """EVERYTHING, and the numbers of GPTs, most first."""
    return [EVERYTHING, *(str(n) for n in range(len(models), 0, -1))]
