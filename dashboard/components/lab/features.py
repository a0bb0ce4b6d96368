"""The features the Lab is about: chosen by name, by suggestion, or with their matches."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from culture_core.errors import CultureError
from culture_core.figures.rows import GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.components.page.notes import feature_label, own_names
from dashboard.components.page.problem import tell
from dashboard.components.page.scope import Scope
from dashboard.data.feature import suggested_features
from dashboard.data.feature.feature_names import MOST_FEATURES, FeatureName, read_features, write_features
from dashboard.data.feature.firing_features import short_words
from dashboard.data.quiz.chosen_quiz import ChosenQuiz
from dashboard.data.universal import universality

SHARE = ValueScale("activation, as a share of the feature's maximum", 1.0)


def choose_features(scope: Scope, quiz: ChosenQuiz, position: int) -> list[FeatureName]:
    """Draw the list of chosen features; a name that fits nothing is told, and left out.

    position: of the cell that suggestions are for: the features that fire most when it is predicted.
    """
    chosen, problem = _read(scope, quiz.origin.tokens)
    suggested = suggested_features.firing_at(scope.population, scope.hook, quiz.tokens, position)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            "Features, as GPT.feature",
            list(dict.fromkeys([*map(str, chosen), *map(str, suggested)])),
            format_func=_in_words(scope),
            accept_new_options=True,
            placeholder="Choose a feature that fires at the cell, or type 0.12 for feature 12 of GPT 0",
            **permalink.bound("features", [str(name) for name in chosen], encode=",".join),
        )
        if universality.has_matches(scope.population, scope.hook):
            st.button(
                "Add their matches",
                icon=":material/compare:",
                help="The best-correlated feature of each other GPT",
                disabled=not chosen or len(chosen) >= MOST_FEATURES,
                on_click=_add_matches,
                args=(scope, chosen),
            )
    if problem is not None:
        tell(problem)
    return chosen


def _in_words(scope: Scope) -> Callable[[str], str]:
    """How a feature such as 0.12 is shown in the list: with the reader's name for it and what it detects."""
    names = own_names(scope)
    sizes = suggested_features.n_features(scope.population, scope.hook)

    def in_words(written: str) -> str:
        found, _ = read_features(written, sizes)
        if not found:
            return written
        own = names.get((found[0].model_k, found[0].feature), "")
        detects = short_words(scope.population, scope.hook, found[0].model_k, found[0].feature)
        return " · ".join(filter(None, (f"{written} “{own}”" if own else written, detects)))

    return in_words


def _read(scope: Scope, start: np.ndarray) -> tuple[list[FeatureName], CultureError | None]:
    sizes = suggested_features.n_features(scope.population, scope.hook)
    text = permalink.read("features")
    if text is None:
        return suggested_features.first_features(scope.population, scope.hook, start), None
    return read_features(text, sizes)


def _add_matches(scope: Scope, chosen: Sequence[FeatureName]) -> None:
    found = suggested_features.with_matches(scope.population, scope.hook, chosen)
    permalink.write(features=write_features(found))


def show_activations(
    scope: Scope, names: Sequence[FeatureName], tokens: np.ndarray, display: Display
) -> list[GridRow]:
    """Draw the activations of the chosen features on the quiz; return the rows drawn."""
    if not names:
        st.info("Choose one feature or more: what they do on the quiz shows here.", icon=":material/bolt:")
        return []
    values = suggested_features.activations_of(scope.population, scope.hook, names, tokens)
    rows = [_row(scope, name, tokens, one) for name, one in zip(names, values, strict=True)]
    grid_board(
        rows,
        key="activations",
        scale=SHARE,
        digits=display.digits,
        colour_key=display.colour_key,
        row_width=520,
        max_cell=14,
        clickable=False,
    )
    return rows


def _row(scope: Scope, name: FeatureName, tokens: np.ndarray, values: np.ndarray) -> GridRow:
    maximum = suggested_features.maximum_of(scope.population, scope.hook, name, values)
    place = int(values.argmax())
    where = "silent"
    if values[place] > 0:
        where = f"peak {values[place]:.3g} at {position_name(place, quiz_row(tokens).labels)}"
    return quiz_row(
        tokens,
        values=values / maximum,
        caption=feature_label(scope, name.model_k, name.feature),
        detail=f"{where} · max {maximum:.3g}",
    )
