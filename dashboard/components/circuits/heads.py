"""The choice of a head, and which one is shown where none is chosen."""

import streamlit as st

from dashboard.components.page import permalink
from dashboard.data.population import gpts, populations
from dashboard.data.population.populations import Population

ALL_HEADS = "all"


def chosen_head(population: Population) -> tuple[int, str]:
    """The id of the GPT and the head that the URL names, as in "1.0", or ALL_HEADS.

    Errors: CultureError for a GPT or head that is not there.
    """
    model_k = populations.the_model(population, permalink.read("gpt"))
    return model_k, permalink.read_choice("head", [ALL_HEADS, *_heads(population, model_k)], ALL_HEADS)


def choose_head(population: Population) -> tuple[int, str]:
    """Draw the choice of a GPT and a head; return them as `chosen_head`, and with its errors."""
    model_k, head = chosen_head(population)
    st.selectbox(
        "GPT",
        population.models,
        format_func=lambda k: f"GPT {k}",
        width=130,
        **permalink.bound("gpt", model_k, resets=("token",)),
    )
    st.selectbox(
        "Head",
        [ALL_HEADS, *_heads(population, model_k)],
        format_func=lambda name: "all heads" if name == ALL_HEADS else f"head {name}",
        width=140,
        **permalink.bound("head", head, resets=("token",)),
    )
    return model_k, head


def _heads(population: Population, model_k: int) -> list[str]:
    config = gpts.model(population, model_k).config
    return [f"{block}.{head}" for block in range(config.n_blocks) for head in range(config.n_heads)]
