"""The list of universal features: groups of mutual best matches, filtered by task and concept."""

from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from culture_core.features.index.selective import MOST_DENSE
from culture_core.universality.matching.groups import ABSENT
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.feature_list import listing
from dashboard.components.feature_list.browser import choose_page
from dashboard.components.feature_list.filters import choose_concepts
from dashboard.components.feature_list.listing import Column
from dashboard.components.feature_list.owners import choose_absent
from dashboard.components.feature_list.rows import bar, strongest_grid
from dashboard.components.page import permalink
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import GROUPS, GROUPS_PER_PAGE, this_list
from dashboard.data import tables
from dashboard.data.choices import EVERYTHING
from dashboard.data.population import indexes
from dashboard.data.universal.group_filter import (
    SELECTIVE,
    GroupFilter,
    default_size,
    group_sizes,
    group_tasks,
)
from dashboard.data.universal.group_table import TEXT_COLUMNS, group_models
from dashboard.data.words.number_words import share_words

LIST = "groups"
DENSITY_WORDS = {SELECTIVE: f"fire on at most {MOST_DENSE:.0%} of tokens", EVERYTHING: "have any density"}
COLUMNS = (
    Column("feature", "Group", "feature", "its number; a click shows it above"),
    Column("grid", "Strongest", "grid", "the grid on which its first feature fires most strongly"),
    Column("members", "Features", "words", "of each GPT, in their order; none: it has no such feature"),
    Column("mean_r", "Mean r", "bar", "over all pairs of the group", sortable=True),
    Column("excess", "Excess", "bar", "mean r above the highest baseline", sortable=True),
    Column(
        "partial_r", "Partial r", "bar", "with position and token regressed out", sortable=True, narrow=False
    ),
    Column("density", "Density", "number", "mean share of tokens they fire on", sortable=True),
    Column("task", "Most in", "words", "the task most of them fire most in", sortable=True),
    Column("concept", "Best concept", "words", "of most of them", sortable=True),
    Column("f1", "F1", "bar", "mean of their best concepts", sortable=True, narrow=False),
    Column("agreement", "Causal", "bar", "agreement of what ablating them does", sortable=True),
)


def show_groups(scope: Scope) -> None:
    """Draw the filters and the list of groups."""
    table = tables.groups(scope.population, scope.hook)
    chosen = GroupFilter.parse(permalink.read_all(), table)
    found = chosen.of(table)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose_filters(table, chosen)
        st.space("stretch")
        st.markdown(f"**{len(found):,}** of {len(table):,} groups")
        table_downloads(lambda: found, name="groups")
        page = choose_page(len(found), GROUPS_PER_PAGE)
    if len(found) == 0:
        st.info("No group passes these filters.", icon=":material/filter_alt_off:")
        return
    columns = [
        column for column in COLUMNS if column.name in table or column.name in ("feature", "grid", "members")
    ]
    records: list[Any] = list(found.iloc[page].itertuples())
    listing.feature_list(
        columns,
        [_cells(scope, record) for record in records],
        key=LIST,
        sort=chosen.sort,
        up=chosen.up,
        alt="Groups of features that are mutual best matches",
        on_action=lambda: _act([column.name for column in columns], chosen.sort, chosen.up),
    )


def _choose_filters(table: pd.DataFrame, chosen: GroupFilter) -> None:
    """Draw the filters, each tied to the URL."""
    models, sizes = group_models(table), group_sizes(table)
    size_words = {n: f"{n} of {len(models)} GPTs" for n in sizes} | {EVERYTHING: "any number of GPTs"}
    _choose("In", "size", size_words, chosen.size, default_size(table, chosen.absent))
    _choose("Features that", "density", DENSITY_WORDS, chosen.density, SELECTIVE)
    tasks = {name: name for name in group_tasks(table)} | {EVERYTHING: "all tasks"}
    _choose("Fire most in", "task", tasks, chosen.task, EVERYTHING)
    if "concept" in table:
        choose_concepts(table.concept, chosen.concept)
    if len(sizes) > 2:
        choose_absent(models, chosen.absent, help="no feature of the group is of that GPT")


def _choose(label: str, name: str, options: dict[str, str], chosen: str, default: str) -> None:
    st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        width=250,
        **permalink.bound(
            name, chosen, resets=("page",), encode=lambda value: None if value == default else value
        ),
    )


def _act(columns: list[str], sort: str, up: bool) -> None:
    match listing.action(LIST, 0, columns):
        case "sort", name:
            goes_up = not up if name == sort else name in TEXT_COLUMNS
            permalink.write(sort=name, up="1" if goes_up else None, page=None)


def _cells(scope: Scope, record: Any) -> dict[str, Any]:
    members = {k: int(getattr(record, f"gpt_{k}")) for k in scope.population.models}
    first = next(k for k, feature in members.items() if feature != ABSENT)
    index = indexes.index(scope.population, scope.hook, first)
    parameters = scope.link(gpt=first, feature=members[first], **this_list(GROUPS))
    cells: dict[str, Any] = {
        "href": f"universal?{urlencode(parameters)}",
        "feature": f"{record.group}",
        "grid": strongest_grid(index, members[first]),
        "members": " · ".join("none" if feature == ABSENT else str(feature) for feature in members.values()),
        "density": share_words(record.density),
        "task": record.task,
        "concept": getattr(record, "concept_words", ""),
    }
    for name in ("mean_r", "excess", "partial_r", "f1", "agreement"):
        if hasattr(record, name):
            cells[name] = bar(getattr(record, name))
    return cells
