"""Features of the table as a list on a page: opens and stars them, writes the order into the URL."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.components.feature_list import listing
from dashboard.components.feature_list.rows import row_cells, shown_columns
from dashboard.components.page import permalink
from dashboard.components.page.notes import switch_star
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import PER_PAGE, this_list
from dashboard.data.feature.feature_filter import TEXT_COLUMNS
from dashboard.data.feature.stepping import page_of

Key = tuple[int, int]


def choose_page(n_rows: int, per_page: int = PER_PAGE) -> slice:
    """Draw the page selector where there are several pages; return which rows to show."""
    n_pages = max(1, -(-n_rows // per_page))
    page = min(permalink.read_number("page", 1, 10**6, 1), n_pages)
    if n_pages > 1:
        st.number_input(f"Page, 1 to {n_pages:,}", 1, n_pages, width=140, **permalink.bound("page", page))
    return page_of(n_rows, per_page, page)


def browse_features(
    scope: Scope, shown: pd.DataFrame, *, kind: str, sort: str, up: bool, notes: bool, alt: str
) -> None:
    """Draw rows of the features table.

    kind: of the list, a key of `within.LISTS`. sort, up: what they are sorted by, and whether the smallest
    come first. notes: with the reader's words.
    """
    columns = shown_columns(shown, notes=notes)
    records: list[Any] = list(shown.itertuples())
    keys = [(int(record.gpt), int(record.feature)) for record in records]
    names = [column.name for column in columns]
    here = this_list(kind)
    listing.feature_list(
        columns,
        [row_cells(scope, record, here) for record in records],
        key=kind,
        sort=sort,
        up=up,
        alt=alt,
        on_action=lambda: act(scope, listing.action(kind, len(keys), names), keys, sort, up),
    )


def act(scope: Scope, action: tuple[str, str | int] | None, keys: Sequence[Key], sort: str, up: bool) -> None:
    """Do what the reader asked for in the list."""
    match action:
        case "sort", name:
            starts_up = name in (*TEXT_COLUMNS, "feature")
            goes_up = not up if name == sort else starts_up
            permalink.write(sort=name, up="1" if goes_up else None, page=None)
        case "star", int(row):
            switch_star(scope, *keys[row])
