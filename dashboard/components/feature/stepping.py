"""Steps from a feature to the next: of the list that the reader came from, or of all features of its GPT."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from dashboard.components.page import permalink
from dashboard.components.page.notes import kept_notes
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import GROUPS, LISTS, NOTED, WITHIN, address_of_row, came_from
from dashboard.data import tables
from dashboard.data.feature.feature_filter import FeatureFilter
from dashboard.data.feature.feature_table import with_notes
from dashboard.data.feature.listed import Key, Listed, listed_features, listed_groups
from dashboard.data.feature.noted import listed_notes
from dashboard.data.feature.stepping import next_alive
from dashboard.data.universal.group_filter import GroupFilter

BACK, ON, RANDOM = ":material/chevron_left:", ":material/chevron_right:", ":material/casino:"


def steps_through_all(dead: np.ndarray, feature: int, name: str) -> None:
    """Draw the steps to the neighbours that fire, going round; name: the query parameter of the feature."""
    suffix = name.removeprefix("feature")
    alive = np.flatnonzero(~dead)
    _step("Previous", BACK, {name: next_alive(dead, feature, -1)}, suffix)
    _step("Next", ON, {name: next_alive(dead, feature, 1)}, suffix)
    if len(alive):
        _step("Random", RANDOM, {name: int(np.random.default_rng().choice(alive))}, suffix)


def steps_through_list(scope: Scope, chosen: Key) -> bool:
    """Draw the steps through the list that the reader came from; False when there is none with the feature.

    Errors: CultureError for a link to no such list.
    """
    found = came_from()
    if found is None:
        return False
    kind, asked = found
    rows = open_list(scope, kind, asked)
    place = rows.place(chosen)
    if place is None:
        return False
    number = rows.number(place)
    words = f"not in the list of {len(rows):,}" if number is None else f"{number:,} of {len(rows):,}"
    _step_to("Previous", BACK, rows.next(place, -1, chosen[0]))
    st.page_link(
        LISTS[kind].view,
        label=words,
        help="Back to the list",
        query_params=scope.link(**address_of_row(kind, asked, number or 1)),
    )
    _step_to("Next", ON, rows.next(place, 1, chosen[0]))
    _step_to("Random", RANDOM, rows.any_but(place, chosen[0]))
    return True


def open_list(scope: Scope, kind: str, asked: dict[str, str]) -> Listed:
    """The list of a kind that query parameters make.

    Errors: CultureError for parameters that name what is not there.
    """
    if kind == GROUPS:
        groups = tables.groups(scope.population, scope.hook)
        return listed_groups(GroupFilter.parse(asked, groups).of(groups))
    table = with_notes(tables.features(scope.population, scope.hook), kept_notes(scope))
    if kind == NOTED:
        return listed_notes(table, asked)
    return listed_features(table, FeatureFilter.parse(asked, table))


def _step_to(label: str, icon: str, key: Key | None) -> None:
    """A button that goes to a feature of the list; it rests where the list ends."""
    goes = {} if key is None else {"gpt": key[0], "feature": key[1]}
    _step(label, icon, {**goes, WITHIN: permalink.read(WITHIN)}, disabled=key is None)


def _step(
    label: str, icon: str, goes: Mapping[str, object], suffix: str = "", *, disabled: bool = False
) -> None:
    """A button that goes to a feature; the list is that of the first feature of a page, without a suffix."""
    st.button(
        label,
        icon=icon,
        key=f"step.{label}{suffix}",
        disabled=disabled,
        on_click=permalink.write,
        kwargs={"cell": None, "quiz": None, **({} if suffix else {WITHIN: None}), **goes},
    )
