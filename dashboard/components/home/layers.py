"""What each layer adds: the hook points of a population beside one another."""

import streamlit as st

from dashboard.data.population.hook_table import LOST, hook_table
from dashboard.data.population.populations import Population


def show_layers(population: Population) -> None:
    st.markdown("**What each layer adds**")
    st.table(hook_table(population), border="horizontal")
    st.caption(
        "Each row is a hook point, from the first block to the last; numbers are means over the GPTs. *L0*: "
        "features that fire on a token. *Explained variance*: how much of the state the features rebuild. "
        f"*{LOST}*: quizzes that go wrong when the GPT runs on the rebuilt state. *Coverage*: how well "
        "single features tell the concepts (F1). *Probes*: how well linear probes do on the same state "
        "(AUROC). *In all GPTs*: features with a mutual match in every other GPT. *Above chance*: features "
        "whose matches beat the highest baseline by more than 0.5. A dash: not measured."
    )
