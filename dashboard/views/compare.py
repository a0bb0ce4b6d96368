"""Compare: any two features of any two GPTs side by side, on the strongest quizzes of each."""

import numpy as np
import streamlit as st

from culture_core.errors import CultureError
from culture_core.figures.rows import GridRow
from dashboard.components.downloads.grids import grid_downloads
from dashboard.components.feature.picker import choose_feature
from dashboard.components.feature.profile import concepts_panel, profile_panels
from dashboard.components.feature_panels.panels import feature_panels
from dashboard.components.matches.columns import SHARES, FeatureColumn, column_rows, show_head, show_shared
from dashboard.components.page.display import Display, choose_display
from dashboard.components.page.scope import Scope, choose_scope
from dashboard.data import loaders
from dashboard.data.match_words import match_badges
from dashboard.data.pair_correlation import pair_correlation

SHOWN = 6
SECOND = "2"
ROW_WIDTH = 440
BACKWARDS = "the first is the best match of the second"
Chosen = tuple[int, int]


def correlation_words(scope: Scope, a: Chosen, b: Chosen) -> str:
    """What is known of how the two go together, as Markdown."""
    if a == b:
        return ":gray-badge[r 1.00] this is one feature twice; choose another one on the right."
    matched = loaders.has_matches(scope.population, scope.hook)
    for one, other, words in ((a, b, "the second is the best match of the first"), (b, a, BACKWARDS)):
        for match in loaders.matches(scope.population, scope.hook).best(*one) if matched else ():
            if (match.model_k, match.feature) == other:
                badges = " ".join(f":blue-badge[{badge['text']}]" for badge in match_badges(match))
                return f"{badges} {words}."
    try:
        r = stored_correlation(scope, a, b)
    except CultureError as error:
        return f":gray-badge[r not stored] {error}."
    return f":gray-badge[r {r:.2f}] " + ("neither is the other's best match." if matched else "")


def stored_correlation(scope: Scope, a: Chosen, b: Chosen) -> float:
    """r from the sparse activations on the disk.

    Errors: CultureError that says what to run where they are not there.
    """
    indexes = [loaders.index(scope.population, scope.hook, k) for k, _ in (a, b)]
    entries = [index.activations(feature) for index, (_, feature) in zip(indexes, (a, b), strict=True)]
    return pair_correlation(entries[0], entries[1], indexes[0].n_tokens)


def show_pair(
    scope: Scope, strongest_of: Chosen, columns: list[Chosen], display: Display, *, key: str
) -> list[GridRow]:
    """Draw both features on the strongest quizzes of one of them; return the rows as they are downloaded."""
    index = loaders.index(scope.population, scope.hook, strongest_of[0])
    top = index.top(strongest_of[1])
    shared = top.quiz[:SHOWN].tolist()
    tokens = loaders.index_quizzes(index).tokens[shared]
    drawn = [FeatureColumn(k, feature, activations(scope, k, feature, tokens)) for k, feature in columns]
    for number, (place, column) in enumerate(zip(st.columns(2, gap="large"), drawn, strict=True)):
        with place:
            show_shared(scope, column, shared, display, key=f"{key}.{number}", row_width=ROW_WIDTH)
    return column_rows(scope, drawn, shared)


def activations(scope: Scope, model_k: int, feature: int, tokens: np.ndarray) -> np.ndarray:
    """(n, 404) activations of a feature on quizzes (n, 404), read by its GPT."""
    readings = [loaders.reading(scope.population, scope.hook, model_k, quiz) for quiz in tokens]
    return np.stack([reading.of_feature(feature) for reading in readings])


with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Compare two features", width="content")
    scope = choose_scope()
    display = choose_display()
pickers = st.columns(2, gap="large")
with pickers[0]:
    first_k, first, first_index = choose_feature(scope)
with pickers[1]:
    second_k, second, second_index = choose_feature(scope, suffix=SECOND, beside=(first_k, first))
pair = [(first_k, first), (second_k, second)]
st.markdown(correlation_words(scope, pair[0], pair[1]))
heads = st.columns(2, gap="large")
for place, (model_k, feature) in zip(heads, pair, strict=True):
    with place:
        show_head(scope, FeatureColumn(model_k, feature, np.zeros((0, 404))))
rows: list[GridRow] = []
for words, chosen in zip(("first", "second"), pair, strict=True):
    st.header(f"On the strongest quizzes of the {words}")
    if loaders.index(scope.population, scope.hook, chosen[0]).table.dead[chosen[1]]:
        st.caption(f"GPT {chosen[0]} · {chosen[1]} never fires.")
        continue
    rows += show_pair(scope, chosen, pair, display, key=words)
if rows:
    with st.container(horizontal=True):
        grid_downloads(rows, SHARES, name="compared_features", digits=display.digits)
st.header("Their profiles")
profiles = st.columns(2, gap="large")
for number, ((model_k, feature), index) in enumerate(zip(pair, (first_index, second_index), strict=True)):
    with profiles[number]:
        panels = [concepts_panel(scope, model_k, feature), *profile_panels(scope, index, feature)]
        feature_panels(panels, key=f"profile.{number}")
