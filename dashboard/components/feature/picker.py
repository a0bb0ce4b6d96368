"""Which feature of which GPT: selectors tied to the URL, and steps to the neighbours that fire."""

import streamlit as st

from culture_core.features.index.reader import FeatureIndex
from dashboard.components.feature.stepping import steps_through_all, steps_through_list
from dashboard.components.page import permalink
from dashboard.components.page.scope import Scope
from dashboard.components.page.within import WITHIN
from dashboard.data.population import indexes, populations
from dashboard.data.universal import universality
from dashboard.data.universal.universal_features import most_universal


def choose_feature(
    scope: Scope, *, suffix: str = "", beside: tuple[int, int] | None = None
) -> tuple[int, int, FeatureIndex]:
    """Draw the selectors; return the GPT, the feature and the index it is in.

    suffix: of the query parameters gpt and feature, where a page has several. beside: the GPT and the feature
    whose best matches are shown until others are chosen.
    Errors: CultureError when the URL names a GPT or a feature that is not there, or the index is missing.
    """
    gpt_name, feature_name = f"gpt{suffix}", f"feature{suffix}"
    matched = _best_matches(scope, beside) if beside else {}
    asked = permalink.read(gpt_name)
    model_k = (
        next(iter(matched)) if matched and asked is None else populations.the_model(scope.population, asked)
    )
    index = indexes.index(scope.population, scope.hook, model_k)
    first = matched.get(model_k)
    if first is None:
        first = 0 if permalink.read(feature_name) else _first_feature(scope, index, model_k)
    feature = permalink.read_number(feature_name, 0, index.n_features - 1, first, of=f"GPT {model_k}")
    lost = ("cell", "quiz") if suffix else ("cell", "quiz", WITHIN)
    row = st.container(
        horizontal=True,
        vertical_alignment="bottom",
        gap="xsmall",
        width="content",
        key=f"picker{suffix}",
    )
    with row:
        st.selectbox(
            "GPT",
            scope.population.models,
            format_func=lambda k: f"GPT {k}",
            width=95,
            **permalink.bound(gpt_name, model_k, resets=(feature_name, *lost)),
        )
        st.number_input(
            f"Feature, 0 to {index.n_features - 1}",
            min_value=0,
            max_value=index.n_features - 1,
            width=150,
            **permalink.bound(feature_name, feature, resets=lost),
        )
        if suffix or not steps_through_list(scope, (model_k, feature)):
            steps_through_all(index.table.dead.to_numpy(), feature, feature_name)
    return model_k, feature, index


def _best_matches(scope: Scope, chosen: tuple[int, int]) -> dict[int, int]:
    """By GPT the feature that matches one best, best first; nothing where features have not been matched."""
    if not universality.has_matches(scope.population, scope.hook):
        return {}
    found = universality.matches(scope.population, scope.hook).best(*chosen)
    return {match.model_k: match.feature for match in sorted(found, key=lambda match: -match.r)}


def _first_feature(scope: Scope, index: FeatureIndex, model_k: int) -> int:
    """Where to start: the most universal feature of the GPT, or its first that fires."""
    if universality.has_matches(scope.population, scope.hook):
        best = most_universal(universality.matches(scope.population, scope.hook), {model_k: index.table}, 1)
        if best:
            return best[0].feature
    alive = index.table.feature[~index.table.dead]
    return int(alive.iloc[0]) if len(alive) else 0
