"""The ranges of the features table's columns, as sliders tied to the URL."""

import math

import pandas as pd
import streamlit as st

from dashboard.components.page import permalink
from dashboard.data.feature.feature_filter import FeatureFilter, Span

RESETS = ("page",)
SHARES = tuple(i / 20 for i in range(21))
RANGE_WORDS = {
    "density": ("Density", "share of tokens it fires on"),
    "max": ("Maximum", "its largest activation"),
    "f1": ("F1 of the best concept", "agreement with the concept it follows best, on held-out quizzes"),
    "gain": ("F1 gain", "F1 above F1 with quizzes shuffled, which is what position alone explains"),
    "universality": ("Universality", "mean over the other GPTs of the best r"),
    "excess": ("Excess", "universality above the highest baseline"),
}


def choose_ranges(table: pd.DataFrame, chosen: FeatureFilter) -> None:
    """Draw a slider for each column of numbers there is, as many side by side as fit."""
    with st.container(horizontal=True, gap="small"):
        for name in (name for name in RANGE_WORDS if name in table):
            _choose_span(table, chosen, name)


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
        width=165,
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
