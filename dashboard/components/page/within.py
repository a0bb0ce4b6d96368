"""The list that the reader came from to a feature: in the link, to step through and to go back to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import parse_qsl, urlencode

from dashboard.components.page import permalink
from dashboard.data.choices import one_of
from dashboard.data.feature.feature_filter import FeatureFilter
from dashboard.data.universal.group_filter import NAMES as GROUP_NAMES

WITHIN = "within"
FEATURES, GROUPS, NOTED = "features", "groups", "lists"
PER_PAGE, GROUPS_PER_PAGE = 25, 12


@dataclass(frozen=True)
class ListPage:
    """A page with a list: its script, the query parameters that make the list, those that always hold."""

    view: str
    names: tuple[str, ...]
    per_page: int = PER_PAGE
    always: Mapping[str, str] = field(default_factory=dict)


LISTS = {
    FEATURES: ListPage("views/features.py", tuple(item.name for item in fields(FeatureFilter))),
    GROUPS: ListPage("views/universal.py", GROUP_NAMES, GROUPS_PER_PAGE, {"view": "groups"}),
    NOTED: ListPage("views/lists.py", ("list", "sort", "up")),
}


def this_list(kind: str) -> dict[str, str]:
    """The list of the page that is open, as a query parameter of links to its features."""
    asked = permalink.read_all()
    return {WITHIN: f"{kind}?{urlencode({name: asked[name] for name in LISTS[kind].names if name in asked})}"}


def onward() -> dict[str, str]:
    """The list that the reader came from, as a query parameter of further links; nothing without one."""
    value = permalink.read("within")
    return {} if value is None else {WITHIN: value}


def came_from() -> tuple[str, dict[str, str]] | None:
    """The kind of the list that the reader came from, a key of LISTS, and its query parameters; None without.

    Errors: CultureError for a link to no such list.
    """
    value = permalink.read("within")
    if value is None:
        return None
    kind, _, query = value.partition("?")
    names = LISTS[one_of("list", kind, LISTS)].names
    return kind, {name: text for name, text in parse_qsl(query) if name in names}


def address_of_row(kind: str, asked: Mapping[str, str], number: int) -> dict[str, str]:
    """The query parameters of a list, opened where its row `number` (from 1) stands."""
    page = 1 + (number - 1) // LISTS[kind].per_page
    return {**LISTS[kind].always, **asked, **({"page": str(page)} if page > 1 else {})}
