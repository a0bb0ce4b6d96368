"""A quiz as text: pasted into a page, or copied from it."""

import numpy as np
import streamlit as st

from culture_core.errors import CultureError
from culture_core.world.codes import tokens_from_text
from dashboard.components.lab.keep import keep_quiz
from dashboard.components.page.sentence import capitalised

PASTED, PASTE_PROBLEM = "lab.pasted", "lab.paste_problem"


def paste_or_copy(tokens: np.ndarray) -> None:
    """Draw a button that opens a field for a quiz as text, and the quiz (404,) as it is."""
    with st.popover("Paste or copy", icon=":material/content_paste:", width="content"):
        st.text_area(
            "404 tokens as numbers or names, with anything between them",
            key=PASTED,
            placeholder="11, 0, 0, 3, 3, ...",
            max_chars=20_000,
        )
        st.button("Use this quiz", on_click=_use_pasted, type="primary")
        problem = st.session_state.get(PASTE_PROBLEM)
        if problem:
            st.error(problem, icon=":material/error:")
        st.caption("The present quiz:")
        st.code(", ".join(map(str, tokens.tolist())), language=None, height=110, wrap_lines=True)


def _use_pasted() -> None:
    try:
        keep_quiz(tokens_from_text(st.session_state[PASTED]).numpy())
        st.session_state[PASTE_PROBLEM] = ""
    except CultureError as error:
        st.session_state[PASTE_PROBLEM] = capitalised(error)
