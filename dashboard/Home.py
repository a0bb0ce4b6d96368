"""The router: which pages there are, and how a problem is told to the reader.

`streamlit run` imports this file once, for the server; then it runs it as a script for every page asked for.
"""

from pathlib import Path

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.page.problem import show_problem
from dashboard.server.garbage import loading_once
from dashboard.server.preload import loading_ahead

ICON = Path(__file__).parent / "icon.svg"
PAGES = {
    "home": ("Home", "home"),
    "quizzes": ("Quizzes", "grid_view"),
    "features": ("Features", "table_rows"),
    "feature": ("Feature", "bolt"),
    "cell": ("Cell view", "my_location"),
    "universal": ("Universal", "compare"),
    "compare": ("Compare", "difference"),
    "circuits": ("Circuits", "account_tree"),
    "lab": ("Lab", "science"),
    "lists": ("Lists", "star"),
}


def route() -> None:
    """Run the page that is asked for."""
    st.set_page_config(page_title="Culture feature browser", page_icon=ICON.read_text(), layout="wide")
    pages = [
        st.Page(
            f"views/{name}.py",
            title=title,
            icon=f":material/{icon}:",
            url_path=name,
            default=name == "home",
        )
        for name, (title, icon) in PAGES.items()
    ]
    page = st.navigation(pages, position="top")
    with loading_once(page.title):
        try:
            page.run()
        except CultureError as error:
            show_problem(error)


if __name__ == "__main__":
    route()
else:
    app = st.App(__file__, lifespan=loading_ahead)
