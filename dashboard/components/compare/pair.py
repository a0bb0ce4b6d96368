"""Two features side by side: how they correlate, and both on the strongest quizzes of one."""

import streamlit as st

from culture_core.figures.rows import GridRow
from dashboard.components.matches.badges import match_badges
from dashboard.components.matches.columns import FeatureColumn, column_rows, show_shared
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope
from dashboard.data.population import indexes
from dashboard.data.universal import universality
from dashboard.data.universal.pair_correlation import (
    Chosen,
    activations_on,
    measured_correlation,
    stored_match,
)

SHOWN = 6
ROW_WIDTH = 240
FORWARDS = "The second is the best match of the first"
BACKWARDS = "The first is the best match of the second"


def correlation_words(scope: Scope, a: Chosen, b: Chosen) -> str:
    """What is known of how the two go together, as Markdown."""
    if a == b:
        return ":gray-badge[r 1.00] This is one feature twice; choose another one on the right."
    silent = [f"GPT {k} · {f}" for k, f in (a, b) if _is_dead(scope, (k, f))]
    if silent:
        verb = "is dead: it never fires" if len(silent) == 1 else "are dead: they never fire"
        return f":gray-badge[no r] {' and '.join(silent)} {verb}, so there is nothing to correlate."
    for one, other, words in ((a, b, FORWARDS), (b, a, BACKWARDS)):
        match = stored_match(scope.population, scope.hook, one, other)
        if match is not None:
            badges = " ".join(f":blue-badge[{badge['text']}]" for badge in match_badges(match))
            return f"{badges} {words}."
    found = measured_correlation(scope.population, scope.hook, a, b)
    words = (
        f":gray-badge[r {found.r:.2f}] Measured over {found.n_quizzes:,} quizzes: the first fires on "
        f"{found.firing[0]:,} tokens and the second on {found.firing[1]:,}."
    )
    matched = universality.has_matches(scope.population, scope.hook)
    return f"{words} Neither is the other's best match." if matched else words


def _is_dead(scope: Scope, chosen: Chosen) -> bool:
    model_k, feature = chosen
    return bool(indexes.index(scope.population, scope.hook, model_k).table.dead[feature])


def show_pair(
    scope: Scope, strongest_of: Chosen, columns: list[Chosen], display: Display, *, key: str
) -> list[GridRow]:
    """Draw both features on the strongest quizzes of one of them; return the rows as they are downloaded."""
    index = indexes.index(scope.population, scope.hook, strongest_of[0])
    top = index.top(strongest_of[1])
    shared = top.quiz[:SHOWN].tolist()
    tokens = indexes.index_quizzes(index).tokens[shared]
    drawn = [
        FeatureColumn(k, feature, activations_on(scope.population, scope.hook, (k, feature), tokens))
        for k, feature in columns
    ]
    for number, (place, column) in enumerate(zip(st.columns(2, gap="large"), drawn, strict=True)):
        with place:
            show_shared(scope, column, shared, display, key=f"{key}.{number}", row_width=ROW_WIDTH)
    return column_rows(scope, drawn, shared)
