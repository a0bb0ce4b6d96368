"""A link that opens a quiz in the Lab."""

from collections.abc import Mapping

import streamlit as st

from dashboard.components.page.scope import Scope


def lab_link(scope: Scope, quiz: Mapping[str, object], label: str, **parameters: object) -> None:
    """A link to the Lab with a quiz, as query parameters, and more of them."""
    st.page_link(
        "views/lab.py",
        label=label,
        icon=":material/science:",
        query_params=scope.link(**quiz, **parameters),
    )
