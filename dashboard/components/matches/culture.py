"""Does culture make the GPTs more alike: populations before, after and without culture, side by side."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from culture_core.comparison.tables import compared_words, difference_rows, measure_rows, unpaired_words
from culture_core.comparison.verdict import by_chance, likeness_measures, sorted_by_sign
from culture_core.errors import typed
from culture_core.figures.differences import differences_chart
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.page.charts import chart
from dashboard.data.population import measurements
from dashboard.data.population.populations import Population

ANSWERED = {"world": "world quizzes right", "culture": "held-out culture quizzes right"}


def show_culture(population: Population) -> None:
    """Say and draw how alike the GPTs are beside those of other populations.

    Errors: CultureError that says what to run when the comparison is damaged or of other GPTs.
    """
    comparison = measurements.comparison(population)
    if comparison is None:
        root = population.folder.root
        command = typed("compare", "BEFORE", root, "--keep-in", root)
        st.info(
            "These GPTs have not been compared with others. To compare them with those of the population "
            "BEFORE, run:",
            icon=":material/info:",
        )
        st.code(command, language="sh")
        return
    differences = comparison["differences"]
    if differences:
        _show_differences(differences)
    if told := unpaired_words(comparison):
        st.caption(told)
    accuracies = accuracy_table(comparison)
    if len(accuracies.columns):
        st.table(accuracies, border="horizontal")
    how = "docs/guide/culture.md says how to train such populations"
    made = comparison["manifest"]["made_by"]["command"]
    st.caption(f"{compared_words(comparison)} Made by `{made}`; {how}.")
    with st.expander("Every measure, in every population"):
        st.table(pd.DataFrame(measure_rows(comparison)).set_index("measure"), border="horizontal")
    if differences:
        with st.expander(f"Every difference from {differences[0]['from']}"):
            st.table(pd.DataFrame(difference_rows(comparison)).set_index("measure"), border="horizontal")
    with st.container(horizontal=True):
        table_downloads(lambda: pd.DataFrame(measure_rows(comparison)), name="comparison")


def _show_differences(differences: list[dict[str, Any]]) -> None:
    first = differences[0]["from"]
    conclusion = conclusion_words(differences)
    st.markdown(conclusion)
    measures = likeness_measures({name: None for one in differences for name in one["pairs"]})
    chart(differences_chart(differences, measures, first), conclusion.replace("**", ""), key="culture")
    expected, n = by_chance(differences)
    st.caption(
        f"Each mark is the difference from {first} over the pairs of GPTs, with its 95% interval (a "
        "jackknife that leaves out each GPT in turn, since pairs share GPTs). Points: percentage points, or "
        "hundredths of CKA, which is 1 where states are the same up to rotation, scale and a mean per "
        "position. *Above chance*: beyond what two GPTs share that are right as often but independently. "
        "*Same mistake*: of quizzes that both answer wrong. *Clearly*: the interval leaves out 0, "
        f"as about {expected:.1f} of {n} would by chance alone."
    )


def conclusion_words(differences: list[dict[str, Any]]) -> str:
    """Which measures of likeness are clearly higher and lower than in the first population, in words."""
    first = differences[0]["from"]
    if not any(any(sorted_by_sign(one)) for one in differences):
        return "**Two GPTs are a single pair: differences have no intervals, so nothing can be concluded.**"
    higher, lower = _by_measure(differences, 0), _by_measure(differences, 1)
    if not higher and not lower:
        return f"**No measure of likeness differs clearly from {first}.**"
    words = f"**Clearly more alike than {first}: {'; '.join(higher) if higher else 'by no measure'}.**"
    return f"{words} Clearly less alike: {'; '.join(lower) if lower else 'by no measure'}."


def _by_measure(differences: list[dict[str, Any]], place: int) -> list[str]:
    """By measure, the populations in which it is clearly higher (place 0) or lower (1)."""
    names: dict[str, list[str]] = {}
    for one in differences:
        for measure in sorted_by_sign(one)[place]:
            names.setdefault(measure, []).append(one["name"])
    return [f"{measure} ({', '.join(populations)})" for measure, populations in names.items()]


def accuracy_table(comparison: dict[str, Any]) -> pd.DataFrame:
    """How many quizzes the GPTs of each population answer right, mean over GPTs."""
    rows = []
    for one in comparison["populations"]:
        row = {"population": one["name"]}
        for kind, words in ANSWERED.items():
            records = one["figures"].get(f"{kind}.accuracy")
            if records:
                row[words] = f"{np.mean([record['accuracy'] for record in records]):.1%}"
        rows.append(row)
    return pd.DataFrame(rows).fillna("-").set_index("population")
