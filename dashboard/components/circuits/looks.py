"""Why a head looks where it does: the strongest pairs of what is at both ends of its look."""

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.circuits.words import ADDS
from culture_core.errors import CultureError
from culture_core.figures.looks import seen_name
from culture_core.figures.rows import quiz_row
from dashboard.components.page import permalink
from dashboard.components.page.problem import mention
from dashboard.components.page.sentence import capitalised
from dashboard.data.circuit import looks
from dashboard.data.population.populations import Population

N_SEEN = 8


def show_look(
    population: Population, model_k: int, head: str, tokens: np.ndarray, position: int, pattern: np.ndarray
) -> None:
    """Draw the choice of a token that a head looks at, and what makes it look there.

    pattern: (404,) its attention when the position is predicted, to the tokens as they are read.
    """
    st.subheader("Why it looks there", anchor=False)
    seen, labels = pattern[: position + 1], quiz_row(tokens).labels
    key = permalink.read_number("token", 0, position, int(seen.argmax()), of="those read before this cell")
    st.selectbox(
        "Looks at",
        list(dict.fromkeys([*np.argsort(-seen, kind="stable")[:N_SEEN].tolist(), key])),
        format_func=lambda token: f"{seen_name(token, labels)} ({seen[token]:.0%})",
        width=300,
        **permalink.bound("token", key),
    )
    try:
        look = looks.look(population, model_k, tokens, position, head, key)
    except CultureError as error:
        mention(error)
        return
    st.markdown(f"{capitalised(look.sentence)}.")
    st.dataframe(
        pd.DataFrame(look.rows),
        hide_index=True,
        column_config={ADDS: st.column_config.NumberColumn(format="%+.2f", width=80)},
        alt=f"Pairs of nodes that make head {head} look there",
    )
    st.caption(
        "What sets this token apart: how far its score lies above the mean over all tokens that the head "
        f"sees is the exact sum of these pairs and {look.n_weaker:,} weaker ones. *Constant*: what every "
        "state holds, as the LayerNorm scales it. *What only others have*: features that fire elsewhere, not "
        "here."
    )
