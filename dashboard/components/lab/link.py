"""Links that open a quiz in the Lab, and one answer to it on the Trace page."""

from collections.abc import Mapping

import streamlit as st

from culture_core.world.vocabulary import LAST_GRID
from dashboard.components.page.scope import Scope
from dashboard.data.population import gpts


def lab_link(scope: Scope, quiz: Mapping[str, object], label: str, **parameters: object) -> None:
    """A link to the Lab with a quiz, as query parameters, and more of them."""
    st.page_link(
        "views/lab.py",
        label=label,
        icon=":material/science:",
        query_params=scope.link(**quiz, **parameters),
    )


def trace_link(scope: Scope, quiz: Mapping[str, object], model_k: int, position: int) -> None:
    """A link to the Trace page, for a cell of the last grid and a GPT with an SAE; nothing for others."""
    if position >= LAST_GRID.start and gpts.has_sae(scope.population, scope.hook, model_k):
        st.page_link(
            "views/trace.py",
            label="Trace this answer",
            icon=":material/conversion_path:",
            help=f"Where GPT {model_k}'s answer at this cell comes from, block by block",
            query_params=scope.link(**quiz, gpt=model_k, cell=position),
        )
