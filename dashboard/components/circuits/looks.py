"""Why a head looks where it does: the strongest pairs of what is at both ends of its look."""

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.circuits.words import ADDS, ELSEWHERE
from culture_core.errors import CultureError
from culture_core.figures.looks import look_sentence, seen_name
from culture_core.figures.rows import quiz_row
from dashboard.components.page import permalink
from dashboard.components.page.problem import mention
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
    key = permalink.read_number("at", 0, position, int(pattern.argmax()), of="what this cell sees")
    labels = quiz_row(tokens).labels
    st.selectbox(
        "Looks at",
        list(dict.fromkeys([*np.argsort(-pattern)[:N_SEEN].tolist(), key])),
        format_func=lambda token: f"{seen_name(token, labels)} ({pattern[token]:.0%})",
        width=300,
        **permalink.bound("at", key),
    )
    try:
        look, rows = looks.look(population, model_k, tokens, position, head, key)
    except CultureError as error:
        mention(error)
        return
    sentence = look_sentence(look)
    st.markdown(f"{sentence[:1].upper()}{sentence[1:]}.")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={ADDS: st.column_config.NumberColumn(format="%+.2f", width=80)},
        alt=f"Pairs of nodes that make head {head} look there",
    )
    st.caption(
        "What sets this token apart from the others: how far its score lies above their mean is exactly the "
        f"sum of these pairs and {look.excess.pairs.numel() - len(rows):,} weaker ones. *Constant*: what "
        f"every state holds. *{ELSEWHERE.capitalize()}*: features of other tokens that do not fire here."
    )
