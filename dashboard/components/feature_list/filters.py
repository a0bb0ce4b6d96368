"""The filters of the features table, each tied to the URL."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard.components.feature_list.owners import choose_owners, encode_models
from dashboard.components.feature_list.ranges import choose_ranges
from dashboard.components.page import permalink
from dashboard.data.choices import EVERYTHING
from dashboard.data.feature.feature_filter import CHOICES, FIRES, FeatureFilter, choices
from dashboard.data.feature.feature_table import r_columns
from dashboard.data.words.concept_names import JOINT, concept_words, single_concepts

RESETS = ("page",)
CHOICE_WORDS = {
    "task": ("Fires most in", "all tasks"),
    "promoted": ("Promotes most", "all colours"),
    "kind": ("Concept is about", "anything"),
}


def choose_filters(table: pd.DataFrame, lists: Sequence[str]) -> FeatureFilter:
    """Draw the filters for the columns there are; return what the URL says.

    lists: names of the reader's lists.
    Errors: CultureError for a URL that names what is not there.
    """
    chosen = FeatureFilter.parse(permalink.read_all(), table)
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _choose_models(table, chosen)
            _choose_fires(chosen)
            for name in (name for name in CHOICES if name in table):
                _choose_name(table, chosen, name)
            if "concept" in table:
                choose_concepts(table.concept, chosen.concept)
            _choose_kept(chosen, lists)
        choose_ranges(table, chosen)
        if r_columns(table):
            choose_owners(table, chosen)
    return chosen


def clear_filters() -> None:
    """Take all filters out of the URL; the order stays."""
    names = {*FeatureFilter().parameters(), "page"} - {"sort", "up"}
    permalink.write(**dict.fromkeys(names))


def _unless(default: str) -> Callable[[str], str | None]:
    """What is written for a choice: nothing for the default."""
    return lambda value: None if value == default else value


def _choose_models(table: pd.DataFrame, chosen: FeatureFilter) -> None:
    st.pills(
        "GPTs",
        [int(model_k) for model_k in table.gpt.unique()],
        selection_mode="multi",
        help="none chosen: all",
        **permalink.bound("models", list(chosen.models), resets=RESETS, encode=encode_models),
    )


def _choose_fires(chosen: FeatureFilter) -> None:
    st.selectbox(
        "Features",
        list(FIRES),
        format_func=FIRES.__getitem__,
        width=150,
        **permalink.bound("fires", chosen.fires, resets=RESETS, encode=_unless(FeatureFilter().fires)),
    )


def _choose_name(table: pd.DataFrame, chosen: FeatureFilter, name: str) -> None:
    label, everything = CHOICE_WORDS[name]
    st.selectbox(
        label,
        [EVERYTHING, *choices(table, name)],
        format_func=lambda option: everything if option == EVERYTHING else option,
        width=190,
        **permalink.bound(name, getattr(chosen, name), resets=RESETS, encode=_unless(EVERYTHING)),
    )


def choose_concepts(names: pd.Series, chosen: Sequence[str]) -> None:
    """Draw the choice of single concepts, several at once; names: the best concept of each row."""
    st.multiselect(
        "Best concept contains",
        sorted({*single_concepts(names), *chosen}, key=concept_words),
        format_func=concept_words,
        placeholder="all concepts",
        width=340,
        help="several: all of them",
        **permalink.bound(
            "concept", list(chosen), resets=RESETS, encode=lambda names: JOINT.join(names) or None
        ),
    )


def _choose_kept(chosen: FeatureFilter, lists: Sequence[str]) -> None:
    """What the reader keeps: stars, lists, words."""
    if lists or chosen.listed:
        st.selectbox(
            "List",
            ["", *sorted({*lists, chosen.listed} - {""})],
            format_func=lambda option: option or "any",
            width=150,
            **permalink.bound("listed", chosen.listed, resets=RESETS, encode=_unless("")),
        )
    st.text_input(
        "With the words",
        width=190,
        placeholder="in concept, name, note",
        max_chars=200,
        **permalink.bound("words", chosen.words, resets=RESETS, encode=_unless("")),
    )
    st.toggle(
        "Starred",
        **permalink.bound("starred", chosen.starred, resets=RESETS, encode=lambda on: "1" if on else None),
    )
