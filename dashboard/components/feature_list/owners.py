"""Who has it: filters by how many of the GPTs have a match, and by which have none."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from culture_core.universality.excess import HIGH
from culture_core.universality.sharing import NONE
from dashboard.components.page import permalink
from dashboard.data.feature.feature_filter import LEAST_R, FeatureFilter
from dashboard.data.feature.feature_table import r_columns

RESETS = ("page",)


def choose_owners(table: pd.DataFrame, chosen: FeatureFilter) -> None:
    """Draw the filters by matches in the other GPTs."""
    models = [int(name.removeprefix("r_")) for name in r_columns(table)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Matched in",
            range(len(models)),
            format_func=lambda n: _matched_words(n, len(models) - 1),
            width=220,
            **permalink.bound("matched", chosen.matched, resets=RESETS, encode=lambda n: n or None),
        )
        st.number_input(
            "at r of at least",
            min_value=0.0,
            max_value=1.0,
            step=0.05,
            format="%.2f",
            width=140,
            help="Pearson r of the best match over all tokens; it decides what counts as matched and absent",
            **permalink.bound("r", chosen.r, resets=RESETS, encode=encode_r),
        )
        choose_absent(models, chosen.absent, help="no match there at that r")
        _choose_sharing(models, chosen)


def _choose_sharing(models: Sequence[int], chosen: FeatureFilter) -> None:
    """Draw the choice of how many GPTs have it above the baselines, and of the only one without it."""
    help = f"best match more than {HIGH} in r above the highest baseline"
    st.selectbox(
        "Found in",
        range(len(models) + 1),
        format_func=lambda n: _found_words(n, len(models)),
        width=180,
        help=help,
        **permalink.bound("gpts", chosen.gpts, resets=RESETS, encode=lambda n: n or None),
    )
    st.selectbox(
        "Only lacking in",
        [NONE, *models],
        format_func=lambda k: "any GPT" if k == NONE else f"GPT {k}",
        width=130,
        help=f"found in all others, with the {help}",
        **permalink.bound("lacks", chosen.lacks, resets=RESETS, encode=lambda k: None if k == NONE else k),
    )


def choose_absent(models: Sequence[int], absent: Sequence[int], *, help: str) -> None:
    """Draw the choice of GPTs that have none; help: what that means."""
    st.pills(
        "Absent in GPT",
        models,
        selection_mode="multi",
        help=help,
        **permalink.bound("absent", list(absent), resets=RESETS, encode=encode_models),
    )


def _found_words(n: int, most: int) -> str:
    if n < 2:
        return "its own GPT only" if n else "any number of GPTs"
    return f"all {most} GPTs" if n == most else f"{n} of {most} GPTs"


def _matched_words(n: int, most: int) -> str:
    if n == 0:
        return "any number of GPTs"
    return f"all {most} others" if n == most else f"at least {n} of {most} others"


def encode_r(r: float) -> str | None:
    """An r as a query parameter; None for the one by default."""
    return None if r == LEAST_R else f"{r:g}"


def encode_models(chosen: Sequence[int]) -> str | None:
    """Ids of GPTs as a query parameter."""
    return ",".join(map(str, sorted(chosen))) or None
