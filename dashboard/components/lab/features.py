"""The features the Lab is about: chosen by name, by suggestion, or with their matches."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from culture_core.errors import CultureError
from culture_core.figures.rows import GridRow, position_name, quiz_row
from culture_core.figures.style import ValueScale
from dashboard.components.grid_board.board import grid_board
from dashboard.components.lab.quiz import ChosenQuiz
from dashboard.components.page import permalink
from dashboard.components.page.display import Display
from dashboard.components.page.problem import tell
from dashboard.components.page.scope import Scope
from dashboard.data import live, loaders
from dashboard.data.lab_state import MOST_FEATURES, FeatureName, read_features, write_features
from dashboard.data.selection import most_universal

SUGGESTED = 4
STRONG, TRIED = 0.4, 8
SHARE = ValueScale("activation, as a share of the feature's maximum", 1.0)


def choose_features(scope: Scope, quiz: ChosenQuiz, position: int) -> list[FeatureName]:
    """Draw the list of chosen features; a name that fits nothing is told, and left out.

    position: of the cell that suggestions are for: the features that fire most when it is predicted.
    """
    sizes = {k: len(loaders.sae(scope.population, scope.hook, k).W_dec) for k in scope.population.models}
    chosen, problem = _read(scope, sizes, quiz.start)
    suggested = _suggestions(scope, quiz.tokens, position)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            "Features, as GPT.feature",
            list(dict.fromkeys([*map(str, chosen), *map(str, suggested)])),
            accept_new_options=True,
            placeholder="Type 0.12 for feature 12 of GPT 0, or choose one that fires at the deciding cell",
            **permalink.bound("features", [str(name) for name in chosen], encode=",".join),
        )
        if loaders.has_matches(scope.population, scope.hook):
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


def _read(
    scope: Scope, sizes: Mapping[int, int], start: np.ndarray
) -> tuple[list[FeatureName], CultureError | None]:
    text = permalink.read("features")
    if text is None:
        return _first_features(scope, start), None
    return read_features(text, sizes)


def _first_features(scope: Scope, tokens: np.ndarray) -> list[FeatureName]:
    """The most universal of the selective features of the first GPT that are strong on a quiz, with matches
    that fire there too; none where nothing was indexed or matched."""
    model_k = scope.population.models[0]
    if not (
        loaders.has_matches(scope.population, scope.hook)
        and loaders.has_index(scope.population, scope.hook, model_k)
    ):
        return []
    reading = loaders.reading(scope.population, scope.hook, model_k, tokens)
    table = loaders.index(scope.population, scope.hook, model_k).table
    peak = np.zeros(len(table), np.float32)
    np.maximum.at(peak, reading.feature, reading.value)
    strong = table.assign(fires=table.fires.where(peak > STRONG * table["max"], 0))
    matches = loaders.matches(scope.population, scope.hook)
    groups = [
        _with_matches(scope, [FeatureName(ref.model_k, ref.feature)])
        for ref in most_universal(matches, {model_k: strong}, TRIED)
    ]
    if not groups:
        return []
    firing = [int((_activations(scope, group, tokens) > 0).any(1).sum()) for group in groups]
    return sorted(groups[int(np.argmax(firing))])


def _with_matches(scope: Scope, chosen: Sequence[FeatureName]) -> list[FeatureName]:
    matches = loaders.matches(scope.population, scope.hook)
    found = [
        FeatureName(match.model_k, match.feature)
        for name in chosen
        for match in matches.best(name.model_k, name.feature)
    ]
    return list(dict.fromkeys([*chosen, *found]))[:MOST_FEATURES]


def _add_matches(scope: Scope, chosen: Sequence[FeatureName]) -> None:
    permalink.write(features=write_features(_with_matches(scope, chosen)))


def _suggestions(scope: Scope, tokens: np.ndarray, position: int) -> list[FeatureName]:
    """The features that fire most in each GPT where the cell at `position` is predicted."""
    names = []
    for k in scope.population.models:
        features, _ = loaders.reading(scope.population, scope.hook, k, tokens).at(position - 1)
        names += [FeatureName(k, int(feature)) for feature in features[:SUGGESTED]]
    return names


def show_activations(
    scope: Scope, names: Sequence[FeatureName], tokens: np.ndarray, display: Display
) -> list[GridRow]:
    """Draw the activations of the chosen features on the quiz; return the rows drawn."""
    if not names:
        st.info("Choose one feature or more: what they do on the quiz shows here.", icon=":material/bolt:")
        return []
    values = _activations(scope, names, tokens)
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


def _activations(scope: Scope, names: Sequence[FeatureName], tokens: np.ndarray) -> np.ndarray:
    pairs = [(name.model_k, name.feature) for name in names]
    return live.activations(scope.population, scope.hook, pairs, tokens)


def _row(scope: Scope, name: FeatureName, tokens: np.ndarray, values: np.ndarray) -> GridRow:
    maximum = _maximum(scope, name, values)
    place = int(values.argmax())
    row = quiz_row(tokens, values=values / maximum, caption=f"GPT {name.model_k} · {name.feature}")
    where = (
        f"peak {values[place]:.3g} at {position_name(place, row.labels)}" if values[place] > 0 else "silent"
    )
    return quiz_row(
        tokens, values=values / maximum, caption=row.caption, detail=f"{where} · max {maximum:.3g}"
    )


def _maximum(scope: Scope, name: FeatureName, values: np.ndarray) -> float:
    """The feature's maximum over its index, or on this quiz where there is none."""
    if loaders.has_index(scope.population, scope.hook, name.model_k):
        index = loaders.index(scope.population, scope.hook, name.model_k)
        return max(index.max_activation(name.feature), float(values.max()), 1e-6)
    return max(float(values.max()), 1e-6)
