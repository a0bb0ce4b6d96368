"""How universal a feature is among all others, beside what stand-ins for the other GPTs would give."""

import streamlit as st

from culture_core.figures.charts import r_distribution
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.matches.badges import BASELINE_WORDS
from dashboard.components.page.charts import chart
from dashboard.components.page.scope import Scope
from dashboard.data import universality
from dashboard.data.distributions import universality_distribution


def show_distribution(scope: Scope, model_k: int, feature: int) -> None:
    """Draw the distribution of universality over the features that fire, with one of them marked."""
    found = universality_distribution(scope.population, scope.hook)
    mark = float(universality.matches(scope.population, scope.hook).universality[model_k][feature])
    chart(
        r_distribution(
            found.by_gpt,
            [(mark, f"this feature, {mark:.2f}")],
            {BASELINE_WORDS[name]: r for name, r in found.baselines.items()},
        ),
        f"Distribution of universality over the features of each GPT; this feature has {mark:.2f}",
        key="distribution",
    )
    words = "Over the features that fire at all. "
    if found.baselines:
        words += "Dotted: the best r that the same features find in a stand-in for the other GPTs."
    else:
        words += "No baseline is measured yet: position alone also makes features correlate."
    st.caption(words)
    with st.container(horizontal=True):
        table_downloads(lambda: universality.match_tables(scope.population, scope.hook), name="universality")
