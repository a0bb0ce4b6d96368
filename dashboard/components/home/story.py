"""A quiz, a feature and a match in one picture: the same quiz three times."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from culture_core.errors import CultureError
from culture_core.figures.rows import quiz_row
from culture_core.universality.matching.reader import Match
from culture_core.world.vocabulary import STRUCTURE_NAMES
from dashboard.components.feature.overlays import activation_scale, overlay_row
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page.display import Display
from dashboard.components.page.scope import Scope
from dashboard.data import loaders
from dashboard.data.selection import FeatureRef, most_universal

FIRST_LOOKS = 6
TOLD_OF = 40
LEAST_CELLS, MOST_CELLS, LEAST_R = 8, 100, 0.8
NAMED_F1 = 0.5
PLAINEST = STRUCTURE_NAMES[0]

story_board = partial(grid_board, row_width=280, min_cell=10, max_cell=15, clickable=False)


@dataclass(frozen=True)
class Story:
    """A universal feature on one of its top quizzes, and its best match there.

    quiz: its number in the index; activations, match_activations: (404,).
    """

    ref: FeatureRef
    quiz: int
    activations: np.ndarray
    match: Match
    match_activations: np.ndarray


def universal_refs(scope: Scope, n: int = FIRST_LOOKS) -> list[FeatureRef]:
    """The most universal of the selective features, one of each group of matches."""
    tables = {k: loaders.index(scope.population, scope.hook, k).table for k in scope.population.models}
    return most_universal(loaders.matches(scope.population, scope.hook), tables, n)


def find_story(scope: Scope) -> Story | None:
    """The most universal feature that tells its story well: a concept says what it fires on, on one of its
    top quizzes it and its match fire on several cells, much the same ones, and that quiz is in the plainest
    order. The nearest to that if it cannot be had; None when no feature and match fire alike."""
    written = loaders.matches_written(scope.population, scope.hook)
    return _find_story(scope, str(scope.population.folder.root), scope.hook, written)


@st.cache_resource(max_entries=8, show_spinner=False)
def _find_story(_scope: Scope, root: str, hook: str, written: int) -> Story | None:  # noqa: ARG001 - the key
    quizzes = loaders.index_quizzes(loaders.index(_scope.population, hook, _scope.population.models[0]))
    refs = universal_refs(_scope, TOLD_OF)
    named = [ref for ref in refs if _has_a_name(_scope, ref)]
    return _plainest_story(_scope, named, quizzes) or _plainest_story(_scope, refs, quizzes)


def _plainest_story(scope: Scope, refs: list[FeatureRef], quizzes: loaders.Quizzes) -> Story | None:
    """The first story on a quiz in the plainest order, or the first there is."""
    first = None
    for ref in refs:
        for story in _stories(scope, ref):
            if quizzes.structure[story.quiz] == PLAINEST:
                return story
            first = first or story
    return first


def _has_a_name(scope: Scope, ref: FeatureRef) -> bool:
    """Whether a concept tells well what a feature fires on."""
    if not loaders.has_grades(scope.population, scope.hook, ref.model_k):
        return False
    concepts = loaders.grades(scope.population, scope.hook, ref.model_k).of_feature(ref.feature)
    return bool(concepts) and concepts[0].f1 >= NAMED_F1


def _stories(scope: Scope, ref: FeatureRef) -> list[Story]:
    """A feature on each of the top quizzes on which it and its best match fire alike."""
    matches = loaders.matches(scope.population, scope.hook)
    top = loaders.index(scope.population, scope.hook, ref.model_k).top(ref.feature)
    match = max(matches.best(ref.model_k, ref.feature), key=lambda match: match.r)
    overlays = matches.partner_overlays(ref.model_k, ref.feature)[match.model_k]
    told = zip(top.quiz.tolist(), top.activations, overlays, strict=False)
    return [Story(ref, quiz, ours, match, theirs) for quiz, ours, theirs in told if _alike(ours, theirs)]


def _alike(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether two features fire alike on a quiz, on several cells but not on most."""
    n_cells = min((ours > 0).sum(), (theirs > 0).sum())
    return bool(LEAST_CELLS <= n_cells <= MOST_CELLS and np.corrcoef(ours, theirs)[0, 1] >= LEAST_R)


def show_story(population: loaders.Population, display: Display) -> None:
    """Three pictures side by side; the quiz alone where nothing has been matched."""
    try:
        scope = Scope(population, loaders.the_hook(population, None))
        story = find_story(scope)
    except CultureError:
        story = None
    columns = st.columns(3, gap="large")
    if story is None:
        with columns[0]:
            explain_quiz(loaders.browse_quizzes(population), 0, display)
        return
    with columns[0]:
        index = loaders.index(population, scope.hook, story.ref.model_k)
        explain_quiz(loaders.index_quizzes(index), story.quiz, display)
    with columns[1]:
        explain_feature(scope, story, display)
    with columns[2]:
        explain_match(scope, story, display)


def explain_quiz(quizzes: loaders.Quizzes, quiz: int, display: Display) -> None:
    st.subheader("1 · A quiz", anchor=False)
    row = quiz_row(quizzes.tokens[quiz], clean=quizzes.clean[quiz], caption=quizzes.task[quiz])
    story_board([row], key="quiz", digits=display.digits, colour_key=display.colour_key)
    st.markdown(
        "A hidden rule **f** turns grid A into f(A), and B into f(B). The GPT reads three of the grids cell "
        f"by cell and must write the last one, **{row.labels[-1]}**, all 100 cells right. A cell is one "
        "token. Some cells of the question may be noise."
    )


def explain_feature(scope: Scope, story: Story, display: Display) -> None:
    st.subheader("2 · A feature", anchor=False)
    ref = story.ref
    show_overlay(scope, ref.model_k, ref.feature, story.quiz, story.activations, display)
    feature_link(scope, ref.model_k, ref.feature)
    st.markdown(
        "After each cell, a few of the SAE's features fire. The area of a **black square** is how strongly "
        f"this one does; cells where it is silent are pale. {detects(scope, ref.model_k, ref.feature)}"
    )


def explain_match(scope: Scope, story: Story, display: Display) -> None:
    st.subheader("3 · A match", anchor=False)
    match = story.match
    show_overlay(scope, match.model_k, match.feature, story.quiz, story.match_activations, display)
    feature_link(scope, match.model_k, match.feature)
    st.markdown(
        f"GPT {match.model_k}, trained apart, has a feature that fires on much the same cells: over all "
        f"quizzes they correlate with **r {match.r:.2f}**. A feature that every GPT has is *universal*."
    )


def show_overlay(
    scope: Scope, model_k: int, feature: int, quiz: int, activations: np.ndarray, display: Display
) -> None:
    """One quiz with a feature's activation."""
    index = loaders.index(scope.population, scope.hook, model_k)
    story_board(
        [overlay_row(loaders.index_quizzes(index), quiz, activations)],
        key=f"story.{model_k}",
        scale=activation_scale(index, feature),
        digits=display.digits,
        legend=False,
        addresses=scope.cell_addresses(loaders.INDEX_SET, [quiz]),
    )


def feature_link(scope: Scope, model_k: int, feature: int) -> None:
    st.page_link(
        "views/feature.py",
        label=f"**GPT {model_k} · feature {feature}**",
        icon=":material/bolt:",
        query_params=scope.link(gpt=model_k, feature=feature),
    )


def detects(scope: Scope, model_k: int, feature: int) -> str:
    """What a feature detects, where it has been graded."""
    if not loaders.has_grades(scope.population, scope.hook, model_k):
        return ""
    sentence = loaders.grades(scope.population, scope.hook, model_k).sentence(feature)
    return sentence[:1].upper() + sentence[1:]
