"""A problem told to the reader: what is wrong and what to do."""

import streamlit as st

from culture_core.errors import CultureError


def tell(error: CultureError) -> None:
    """Say what is wrong, in the place where something is missing; a command in backquotes can be copied."""
    message = str(error)
    st.warning(message[:1].upper() + message[1:], icon=":material/explore_off:", title="This cannot be shown")
    for command in message.split("`")[1::2]:
        st.code(command, language="bash")


def show_problem(error: CultureError) -> None:
    """A problem as a page, with two ways out."""
    tell(error)
    with st.container(horizontal=True):
        st.button("Open this page afresh", icon=":material/refresh:", on_click=st.query_params.clear)
        st.page_link("views/home.py", label="Back to Home", icon=":material/home:")
