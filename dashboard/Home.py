"""The router: which pages there are, and how a problem is told to the reader.

`streamlit run` imports this file once, for the server; then it runs it as a script for every page asked for.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from culture_core.errors import CultureError
from dashboard.components.page import carried, permalink
from dashboard.components.page.navigation import navigation_place, show_navigation, tab_title
from dashboard.components.page.notes import synchronise_notes
from dashboard.components.page.problem import show_problem
from dashboard.components.page.scope import asked_scope, show_scope
from dashboard.components.printing.printer import fit_to_paper
from dashboard.components.scroll_memory.memory import remember_scrolling
from dashboard.server.garbage import loading_once
from dashboard.server.headers import SafeHeaders
from dashboard.server.preload import loading_ahead

ICON = Path(__file__).parent / "icon.svg"
HOME = "home"
WITH_FEATURES = (HOME, "features", "feature", "cell", "universal", "compare", "lab", "lists")
ROOT = "root"  # a name that Streamlit wants of the page it serves without one
PAGES = {
    HOME: ("Home", "home"),
    "quizzes": ("Quizzes", "grid_view"),
    "features": ("Features", "table_rows"),
    "feature": ("Feature", "bolt"),
    "cell": ("Cell view", "my_location"),
    "universal": ("Universal", "compare"),
    "compare": ("Compare", "difference"),
    "circuits": ("Circuits", "account_tree"),
    "trace": ("Trace", "conversion_path"),
    "lab": ("Lab", "science"),
    "lists": ("Lists", "star"),
}


def page_at(path: str, name: str) -> st.Page:
    """A page of the app at a path; the one at the root is what a reader without a path gets."""
    title, icon = PAGES[name]
    return st.Page(
        f"views/{name}.py", title=title, icon=f":material/{icon}:", url_path=path, default=path == ROOT
    )


def route() -> None:
    """Run the page that is asked for."""
    # before the navigation: the icon of a page would be fetched from the internet
    st.set_page_config(page_icon=ICON.read_text(), layout="wide")
    pages = {name: page_at(ROOT if name == HOME else name, name) for name in PAGES}
    page = st.navigation([*pages.values(), page_at(HOME, HOME)], position="hidden")
    name = page.url_path or HOME
    permalink.enter(name)
    st.set_page_config(page_title=tab_title(page.title, permalink.read_all()))
    linked = pages | {name: page}  # Home by either of its paths is the one that is open
    synchronise_notes()
    remember_scrolling()
    fit_to_paper()
    scope = asked_scope()
    carried.remember(name, scope)
    links = navigation_place()
    show_navigation(links, linked, scope)
    show_scope(scope, choose=name in WITH_FEATURES)
    with loading_once(page.title):
        try:
            page.run()
        except CultureError as error:
            carried.forget(name)
            show_navigation(links, linked, scope, again=True)
            show_problem(error, name)


if __name__ == "__main__":
    route()
else:
    app = st.App(__file__, lifespan=loading_ahead, middleware=[Middleware(SafeHeaders)])
