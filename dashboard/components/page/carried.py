"""What goes along from page to page: the feature and the quiz that the reader last looked at.

Population, hook point and display choices stand in the URL of every page; a feature or a quiz stands only in
those of the pages that show it, and is kept here while the reader is elsewhere.
"""

import streamlit as st

from dashboard.components.page import permalink
from dashboard.components.page.carried_quiz import link_to_quiz, quiz_in_link
from dashboard.components.page.display import display_parameters
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import WITHIN
from dashboard.data.quiz.quiz_sets import INDEX_SET

KEY = "carried"
FEATURE, QUIZ = "feature", "quiz"
ABOUT = {
    **dict.fromkeys(("feature", "universal", "compare"), FEATURE),
    **dict.fromkeys(("cell", "trace", "lab", "circuits"), QUIZ),
}
Owner = tuple[str, str]


def remember(page: str, scope: Scope | None) -> None:
    """Keep what the URL of a page says it is about."""
    kind = ABOUT.get(page)
    if kind is None or scope is None:
        return
    asked = permalink.read_all()
    if kind == QUIZ:
        found = quiz_in_link(page, scope.population, asked)
    else:
        found = {name: value for name, value in asked.items() if name in ("gpt", "feature", WITHIN)}
    if found:
        _kept()[kind] = _owner(kind, found, scope), found


def forget(page: str) -> None:
    """Keep nothing of what a page is about."""
    if page in ABOUT:
        _kept().pop(ABOUT[page], None)


def start_over(page: str, kept: dict[str, str]) -> None:
    """Open a page as if for the first time, but with the query parameters that are kept. For callbacks."""
    forget(page)
    st.query_params.from_dict(kept)


def parameters_of(page: str, scope: Scope | None) -> dict[str, str]:
    """The query parameters of a link to a page."""
    if scope is None:
        return display_parameters()
    kind = ABOUT.get(page, "")
    owner, found = _kept().get(kind, (None, {}))
    if not found or owner != _owner(kind, found, scope):
        return scope.link()
    return scope.link(**(link_to_quiz(page, scope.population, found) if kind == QUIZ else found))


def _owner(kind: str, found: dict[str, str], scope: Scope) -> Owner:
    """What the names in a link belong to: a population and, for features and quizzes of an index, a hook
    point."""
    of_a_hook = kind == FEATURE or found["set"] == INDEX_SET
    return scope.population.name, scope.hook if of_a_hook else ""


def _kept() -> dict[str, tuple[Owner, dict[str, str]]]:
    return st.session_state.setdefault(KEY, {})
