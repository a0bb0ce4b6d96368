"""A link that opens a quiz in the Lab."""

import numpy as np
import streamlit as st
import torch

from culture_core.world.codes import encode_quiz
from dashboard.components.page.scope import Scope


def lab_link(scope: Scope, tokens: np.ndarray, label: str, **parameters: object) -> None:
    """A link to the Lab with a quiz (404,) and more of its parameters."""
    quiz = encode_quiz(torch.from_numpy(np.array(tokens, dtype=np.uint8)))
    st.page_link(
        "views/lab.py",
        label=label,
        icon=":material/science:",
        query_params=scope.link(quiz=quiz, **parameters),
    )
