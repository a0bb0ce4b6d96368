"""What goes along from page to page: the feature and the quiz that the reader last looked at.

Population, hook point and display choices stand in the URL of every page; a feature or a quiz stands only in
those of the pages that show it, and is kept here while the reader is elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard.components.page import permalink
from dashboard.components.page.display import display_parameters
from dashboard.components.page.scope import Scope

KEY = "carried"


@dataclass(frozen=True)
class Kind:
    """What several pages are about: the query parameters that name it; whether it is of one hook point."""

    parameters: tuple[str, ...]
    of_a_hook: bool = False

    def owner(self, scope: Scope) -> tuple[str, str]:
        return scope.population.name, scope.hook if self.of_a_hook else ""


FEATURE = Kind(("gpt", "feature"), of_a_hook=True)
QUIZ = Kind(("set", "number", "position"))
EDITED_QUIZ = Kind(("task", "structure", "seed", "quiz"))
ABOUT = {
    **dict.fromkeys(("feature", "universal", "compare"), FEATURE),
    **dict.fromkeys(("cell", "trace"), QUIZ),
    **dict.fromkeys(("lab", "circuits"), EDITED_QUIZ),
}


def remember(page: str, scope: Scope | None) -> None:
    """Keep what the URL of a page says it is about."""
    kind = ABOUT.get(page)
    if kind is None or scope is None:
        return
    found = _named(kind.parameters)
    if found:
        _kept()[kind] = kind.owner(scope), found


def forget(page: str) -> None:
    """Keep nothing of what a page is about."""
    if page in ABOUT:
        _kept().pop(ABOUT[page], None)


def start_over(page: str) -> None:
    """Open a page as if for the first time, but as it was displayed. For callbacks."""
    forget(page)
    display = display_parameters()
    st.query_params.from_dict(display)


def parameters_of(page: str, scope: Scope | None) -> dict[str, str]:
    """The query parameters of a link to a page."""
    if scope is None:
        return display_parameters()
    kind = ABOUT.get(page)
    owner, found = _kept().get(kind, (None, {}))
    return scope.link(**found) if kind is not None and owner == kind.owner(scope) else scope.link()


def _named(parameters: Sequence[str]) -> dict[str, str]:
    return {name: value for name, value in permalink.read_all().items() if name in parameters}


def _kept() -> dict[Kind | None, tuple[tuple[str, str], dict[str, str]]]:
    return st.session_state.setdefault(KEY, {})
