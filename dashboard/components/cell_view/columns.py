"""A column per GPT in the Cell view: its answer, what it expects at the cell, the features that fire."""

import numpy as np
import streamlit as st

from culture_core.figures.rows import answer_row
from culture_core.world.vocabulary import LAST_GRID, QUIZ_LENGTH
from dashboard.components.cell_column.column import cell_column
from dashboard.components.cell_view.quiz import go_to
from dashboard.components.cell_view.view import AFTER, BEFORE, Shown, View, best_matches
from dashboard.components.grid_board.board import grid_board
from dashboard.components.grid_board.clicks import CellClick
from dashboard.components.lab.link import trace_link
from dashboard.components.page import permalink
from dashboard.components.page.notes import feature_label, own_names
from dashboard.data.feature.firing_features import FiringFeature, named, short_words
from dashboard.data.population import gpts
from dashboard.data.quiz.cell_facts import LAST_BLOCK, CellFacts

WHEN = {AFTER: "after reading it", BEFORE: "when it is predicted"}
NOTHING = "nothing"


def choose_shown(view: View, shown: Shown) -> None:
    """Selectors of what is drawn on the cells and of which state the features are."""
    options = {NOTHING: "nothing"} | {f"gpt-{k}": f"where GPT {k} is unsure" for k in view.readings}
    current = NOTHING if shown.model_k is None else f"gpt-{shown.model_k}"
    if shown.model_k is not None and shown.feature is not None:
        current = f"{shown.model_k}-{shown.feature}"
        words = short_words(view.scope.population, view.scope.hook, shown.model_k, shown.feature)
        label = feature_label(view.scope, shown.model_k, shown.feature)
        options[current] = f"{label}: {words}" if words else label
    st.selectbox(
        "Drawn on the cells",
        list(options),
        format_func=options.__getitem__,
        help="Click a feature below to draw it.",
        **permalink.bound("show", current),
    )


def choose_when() -> str:
    when = permalink.read_choice("when", WHEN, AFTER)
    st.segmented_control(
        "Features that fire",
        list(WHEN),
        format_func=WHEN.__getitem__,
        required=True,
        help="After reading a token the GPT's state holds it; the state before it, after the token to its "
        "left, is the one the token is predicted from.",
        **permalink.bound("when", when),
    )
    return when


def show_column(
    view: View,
    facts: CellFacts,
    when: str,
    shown: Shown,
    model_k: int,
    features: list[FiringFeature],
    alone: np.ndarray,
) -> None:
    """One GPT: its answer to the quiz, what it expects at the cell, and the features that fire.

    alone: (100,) the last grid as the GPT writes it by itself.
    """
    reading = view.readings[model_k]
    names = own_names(view.scope)
    features = [named(feature, names.get((model_k, feature.feature), "")) for feature in features]
    answer = reading.predicted[LAST_GRID]
    row = answer_row(
        view.tokens,
        answer,
        probability=view.probability_of_truth(model_k)[LAST_GRID],
        caption=f"GPT {model_k}",
        detail=wrong_words(answer, alone, view.tokens[LAST_GRID]),
    )
    selected = CellClick(0, 0, view.position) if view.position >= LAST_BLOCK else None
    grid_board(
        [row],
        key=f"answer.{model_k}",
        legend=False,
        row_width=120,
        max_cell=13,
        selected=selected,
        on_click=go_to,
    )
    trace_link(view.scope, view.quiz.link(), model_k, view.position)
    cell_column(
        reading.logits[view.position],
        reading.probabilities[view.position],
        facts.token,
        features,
        key=f"column.{model_k}",
        model_k=model_k,
        address=view.scope.link(gpt=model_k),
        lab=view.scope.link(**view.quiz.link(), cell=view.state_position(when) + 1),
        heading=f"{len(features)} features fire {WHEN[when]}",
        note=why_none(view, model_k, when) if not features else "",
        chosen=shown.feature if shown.model_k == model_k else None,
        matched=best_matches(view.scope, shown).get(model_k),
        on_choose=lambda feature: permalink.write(show=None if feature is None else f"{model_k}-{feature}"),
    )


def wrong_words(given_right: np.ndarray, alone: np.ndarray, truth: np.ndarray) -> str:
    """How many cells of an answer are wrong when each follows right cells, and when it follows the GPT's own;
    all (100,)."""
    n_wrong, n_alone = (int((answer != truth).sum()) for answer in (given_right, alone))
    return f"{n_wrong} wrong, {n_alone} by itself" if n_wrong or n_alone else "all right"


def why_none(view: View, model_k: int, when: str) -> str:
    """Why no feature fires."""
    position = view.state_position(when)
    if not gpts.has_sae(view.scope.population, view.scope.hook, model_k):
        return "This GPT has no SAE here yet: run culture train-sae."
    if position < 0:
        return "Nothing was read before the first token."
    if position == QUIZ_LENGTH - 1:
        return "The last cell is never read: nothing comes after it."
    return "No feature fires."
