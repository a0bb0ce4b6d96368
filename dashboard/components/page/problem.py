"""A problem told to the reader: what is wrong and what to do."""

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.page import carried
from dashboard.components.page.scope import lasting_link
from dashboard.components.page.sentence import capitalised


def tell(error: CultureError) -> None:
    """Say what is wrong, in the place where something is missing; a command in backquotes can be copied."""
    st.warning(capitalised(error), icon=":material/explore_off:", title="This cannot be shown")
    _show_commands(error)


def mention(error: CultureError) -> None:
    """The same of something that a page can do without."""
    st.info(capitalised(error))
    _show_commands(error)


def _show_commands(error: CultureError) -> None:
    for command in str(error).split("`")[1::2]:
        st.code(command, language="bash")


def show_problem(error: CultureError, page: str) -> None:
    """A problem of a page, in its place, with two ways out."""
    tell(error)
    kept = lasting_link(error)
    with st.container(horizontal=True):
        st.button(
            "Reset this page", icon=":material/refresh:", on_click=carried.start_over, args=(page, kept)
        )
        st.page_link("views/home.py", label="Back to Home", icon=":material/home:", query_params=kept)
