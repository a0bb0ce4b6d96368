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
from dashboard.data import indexes, tables
from dashboard.data.choices import EVERYTHING, one_of
from dashboard.data.concept_names import concept_parts, single_concepts
from dashboard.data.group_table import SORTABLE, TEXT_COLUMNS, choose_groups, first_sort, group_models
from dashboard.data.number_words import share_words

PER_PAGE = 12
LIST = "groups"
DENSITIES = {"selective": MOST_DENSE, EVERYTHING: 1.0}
DENSITY_WORDS = {"selective": f"fire on at most {MOST_DENSE:.0%} of tokens", EVERYTHING: "have any density"}
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
    sort = permalink.read_choice("sort", [name for name in SORTABLE if name in table], first_sort(table))
    up = permalink.read("up") == "1"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = choose_groups(table, sort=sort, up=up, **_choose_filters(table))
        st.space("stretch")
        st.markdown(f"**{len(found):,}** of {len(table):,} groups")
        table_downloads(lambda: found, name="groups")
        page = choose_page(len(found), PER_PAGE)
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
        sort=sort,
        up=up,
        alt="Groups of features that are mutual best matches",
        on_action=lambda: _act([column.name for column in columns], sort, up),
    )


def _choose_filters(table: pd.DataFrame) -> dict[str, Any]:
    """Draw the filters; return them as arguments of `choose_groups`."""
    models = group_models(table)
    sizes = {str(n): f"{n} of {len(models)} GPTs" for n in sorted(set(table.n_gpts), reverse=True)}
    sizes |= {EVERYTHING: "any number of GPTs"}
    size = _choose("In", "size", sizes, next(iter(sizes)))
    density = _choose("Features that", "density", DENSITY_WORDS, "selective")
    tasks = {EVERYTHING: "all tasks"} | {name: name for name in sorted(set(table.task) - {""})}
    task = _choose("Fire most in", "task", tasks, EVERYTHING)
    concepts: list[str] = []
    if "concept" in table:
        known = single_concepts(table.concept)
        asked = concept_parts(permalink.read("concept") or "")
        concepts = [one_of("concept", name, known) for name in asked]
        choose_concepts(table.concept, concepts)
    known_gpts = [str(k) for k in models]
    absent = [int(one_of("GPT", k, known_gpts)) for k in (permalink.read("absent") or "").split(",") if k]
    if len(sizes) > 2:
        choose_absent(models, absent)
    return {
        "n_gpts": None if size == EVERYTHING else int(size),
        "most_dense": DENSITIES[density],
        "task": task,
        "concepts": concepts,
        "absent": absent,
    }


def _choose(label: str, name: str, options: dict[str, str], default: str) -> str:
    chosen = permalink.read_choice(name, options, default)
    st.selectbox(
        label,
        list(options),
        format_func=options.__getitem__,
        width=250,
        **permalink.bound(
            name, chosen, resets=("page",), encode=lambda value: None if value == default else value
        ),
    )
    return chosen


def _act(columns: list[str], sort: str, up: bool) -> None:
    match listing.action(LIST, 0, columns):
        case "sort", name:
            goes_up = not up if name == sort else name in TEXT_COLUMNS
            permalink.write(sort=name, up="1" if goes_up else None, page=None)


def _cells(scope: Scope, record: Any) -> dict[str, Any]:
    members = {k: int(getattr(record, f"gpt_{k}")) for k in scope.population.models}
    first = next(k for k, feature in members.items() if feature != ABSENT)
    index = indexes.index(scope.population, scope.hook, first)
    parameters = scope.link(gpt=first, feature=members[first])
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
