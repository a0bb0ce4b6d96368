"""Filters on the list of groups, read from links."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import pandas as pd

from culture_core.features.index.selective import MOST_DENSE
from dashboard.data.choices import EVERYTHING, one_of
from dashboard.data.universal.group_table import SORTABLE, choose_groups, first_sort, group_models
from dashboard.data.words.concept_names import concept_parts, single_concepts

SELECTIVE = "selective"
DENSITIES = {SELECTIVE: MOST_DENSE, EVERYTHING: 1.0}


@dataclass(frozen=True)
class GroupFilter:
    """Which groups are shown, and in which order.

    size: how many GPTs have a feature in them, or EVERYTHING; by default that of `default_size`. density: a
    key of DENSITIES. task: a name or EVERYTHING. concept: single concepts, all of them. absent: ids of GPTs
    that have none. sort: a column; up: smallest first.
    """

    size: str
    density: str
    task: str
    concept: tuple[str, ...]
    absent: tuple[int, ...]
    sort: str
    up: bool

    @classmethod
    def parse(cls, parameters: Mapping[str, str], table: pd.DataFrame) -> "GroupFilter":
        """The filter that query parameters describe.

        Errors: CultureError for what is not in the table.
        """
        models = [str(k) for k in group_models(table)]
        named = (k for k in parameters.get("absent", "").split(",") if k)
        absent = tuple(int(one_of("GPT", k, models)) for k in named)
        known = single_concepts(table.concept) if "concept" in table else []
        concepts = concept_parts(parameters.get("concept", "")) if "concept" in table else ()
        sortable = [name for name in SORTABLE if name in table]

        def chosen(name: str, options: list[str], default: str) -> str:
            return one_of(name, parameters[name], options) if name in parameters else default

        return cls(
            size=chosen("size", group_sizes(table), default_size(table, absent)),
            density=chosen("density", list(DENSITIES), SELECTIVE),
            task=chosen("task", group_tasks(table), EVERYTHING),
            concept=tuple(one_of("concept", name, known) for name in concepts),
            absent=absent,
            sort=chosen("sort", sortable, first_sort(table)),
            up=parameters.get("up") == "1",
        )

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The groups that pass, sorted."""
        return choose_groups(
            table,
            sort=self.sort,
            up=self.up,
            task=self.task,
            concepts=self.concept,
            n_gpts=None if self.size == EVERYTHING else int(self.size),
            absent=self.absent,
            most_dense=DENSITIES[self.density],
        )


NAMES = tuple(item.name for item in fields(GroupFilter))


def group_sizes(table: pd.DataFrame) -> list[str]:
    """Of how many GPTs there are groups, most first; EVERYTHING last."""
    return [*(str(n) for n in sorted(set(table.n_gpts), reverse=True)), EVERYTHING]


def default_size(table: pd.DataFrame, absent: Sequence[int]) -> str:
    """The size shown unless another is chosen: groups of all GPTs, or of any number where some have none."""
    return EVERYTHING if absent else group_sizes(table)[0]


def group_tasks(table: pd.DataFrame) -> list[str]:
    """EVERYTHING, and the tasks that groups fire most in."""
    return [EVERYTHING, *sorted(set(table.task) - {""})]
