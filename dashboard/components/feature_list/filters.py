"""The filters of the features table, each tied to the URL."""

import math
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard.components.page import permalink
from dashboard.data.choices import EVERYTHING
from dashboard.data.feature_filter import CHOICES, FIRES, FeatureFilter, Span, choices

RESETS = ("page",)
SHARES = tuple(i / 20 for i in range(21))
RANGE_WORDS = {
    "density": ("Density", "share of tokens it fires on"),
    "max": ("Maximum", "its largest activation"),
    "f1": ("F1 of the best concept", "agreement with the concept it follows best, on held-out quizzes"),
    "universality": ("Universality", "mean over the other GPTs of the best r"),
    "excess": ("Excess", "universality above the strongest baseline"),
}
CHOICE_WORDS = {
    "task": ("Fires most in", "all tasks"),
    "concept": ("Best concept", "all concepts"),
    "promoted": ("Promotes most", "all tokens"),
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
            _choose_kept(chosen, lists)
        spans = [name for name in RANGE_WORDS if name in table]
        for column, name in zip(st.columns(len(spans), gap="medium"), spans, strict=True):
            with column:
                _choose_span(table, chosen, name)
    return chosen


def clear_filters() -> None:
    """Take all filters out of the URL; the order stays."""
    names = {*FeatureFilter().parameters(), "page"} - {"sort", "up"}
    permalink.write(**dict.fromkeys(names))


def _unless(default: str) -> Callable[[str], str | None]:
    """What is written for a choice: nothing for the default."""
    return lambda value: None if value == default else value


def _choose_models(table: pd.DataFrame, chosen: FeatureFilter) -> None:
    models = [int(model_k) for model_k in table.gpt.unique()]

    def encode(selected: list[int]) -> str | None:
        return ",".join(map(str, sorted(selected))) or None

    st.pills(
        "GPTs",
        models,
        selection_mode="multi",
        help="none chosen: all",
        **permalink.bound("models", list(chosen.models), resets=RESETS, encode=encode),
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


def _choose_span(table: pd.DataFrame, chosen: FeatureFilter, name: str) -> None:
    label, meaning = RANGE_WORDS[name]
    span = getattr(chosen, name)
    options = span_options(name, table[name], span)
    st.select_slider(
        label,
        options,
        value=(options[0], options[-1]),
        format_func=lambda end: end_words(name, end),
        help=meaning,
        **permalink.bound(name, span_ends(span), resets=RESETS, encode=encode_ends),
    )


def span_options(name: str, values: pd.Series, span: Span) -> list[float]:
    """The stops of a range's slider, open ends outermost; the ends of `span` are among them."""
    if name in ("density", "max"):
        positive = values[values > 0]
        low, high = (positive.min(), positive.max()) if len(positive) else (1.0, 1.0)
        stops = one_two_five(float(low), float(high))
    else:
        stops = list(SHARES)
    ends = [end for end in (span.low, span.high) if end is not None]
    return [-math.inf, *sorted({*stops, *ends}), math.inf]


def one_two_five(low: float, high: float) -> list[float]:
    """The numbers 1, 2, 5, 10, 20 ... that lie from low to high."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]
    return [step for step in steps if low <= step <= high]


def span_ends(span: Span) -> tuple[float, float]:
    """A range as the two ends of a slider."""
    return -math.inf if span.low is None else span.low, math.inf if span.high is None else span.high


def encode_ends(ends: tuple[float, float]) -> str | None:
    """The two ends of a slider as a query parameter."""
    span = Span(*(None if math.isinf(end) else end for end in ends))
    return None if span.is_open else str(span)


def end_words(name: str, end: float) -> str:
    """A stop of a slider in words; each is different, as the slider tells them apart by these."""
    if math.isinf(end):
        return "lowest" if end < 0 else "highest"
    return f"{100 * end:.6g}%" if name == "density" else f"{end:.6g}"
