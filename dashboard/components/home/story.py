"""A quiz, a feature and a match in one picture: the same quiz three times."""

from functools import partial

import numpy as np
import streamlit as st

from culture_core.errors import CultureError
from culture_core.figures.rows import quiz_row
from dashboard.components.feature.overlays import activation_scale, overlay_row
from dashboard.components.grid_board.board import grid_board
from dashboard.components.page.display import Display
from dashboard.components.page.glossary import explained
from dashboard.components.page.scope import Scope, scope_of
from dashboard.components.page.sentence import capitalised
from dashboard.data.population import indexes
from dashboard.data.population.populations import Population
from dashboard.data.quiz import quiz_sets
from dashboard.data.quiz.quizzes import Quizzes
from dashboard.data.universal import universality
from dashboard.data.universal.story import NAMED_F1, Story, find_story
from dashboard.data.words.number_words import number_word

story_board = partial(grid_board, row_width=280, min_cell=10, max_cell=15, clickable=False)


def show_story(population: Population, display: Display) -> None:
    """Three pictures side by side; the quiz alone where nothing has been matched."""
    try:
        scope = scope_of(population)
        story = find_story(population, scope.hook)
    except CultureError:
        story = None
    if story is not None:
        st.markdown(f"**One finding.** {finding_words(scope, story)}")
        explained("r", "F1", "L0", "second grid", "layout")
    columns = st.columns(3, gap="large")
    if story is None:
        with columns[0]:
            explain_quiz(quiz_sets.browse_quizzes(population), 0, display)
        return
    with columns[0]:
        index = indexes.index(population, scope.hook, story.ref.model_k)
        explain_quiz(indexes.index_quizzes(index), story.quiz, display)
    with columns[1]:
        explain_feature(scope, story, display)
    with columns[2]:
        explain_match(scope, story, display)


def finding_words(scope: Scope, story: Story) -> str:
    """What the story shows, in numbers of this population."""
    matches = universality.matches(scope.population, scope.hook).best(story.ref.model_k, story.ref.feature)
    r = sorted(match.r for match in matches)
    what = fires_words(scope, story.ref.model_k, story.ref.feature)
    others = "The other GPT has" if len(r) == 1 else f"Each of the other {number_word(len(r))} GPTs has"
    values = f"r {r[-1]:.2f}" if len(r) == 1 else f"r {r[0]:.2f} to {r[-1]:.2f}"
    words = (
        f"Feature {story.ref.feature} of GPT {story.ref.model_k} {what}. {others} a feature whose "
        f"activations go along with it: {values}"
    )
    baselines = [match.highest_baseline[1] for match in matches if match.highest_baseline]
    if not baselines:
        return f"{words}."
    return f"{words}, where the baselines reach {max(baselines):.2f} at most. Here it is on one quiz:"


def fires_words(scope: Scope, model_k: int, feature: int) -> str:
    """What a feature fires on, with its F1, as the rest of a sentence."""
    if indexes.has_grades(scope.population, scope.hook, model_k):
        best = indexes.grades(scope.population, scope.hook, model_k).of_feature(feature)[:1]
        if best and best[0].f1 >= NAMED_F1:
            return f"fires {best[0].words} (F1 {best[0].f1:.2f})"
    return "fires on the cells below"


def explain_quiz(quizzes: Quizzes, quiz: int, display: Display) -> None:
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
    index = indexes.index(scope.population, scope.hook, model_k)
    story_board(
        [overlay_row(indexes.index_quizzes(index), quiz, activations)],
        key=f"story.{model_k}",
        scale=activation_scale(index, feature),
        digits=display.digits,
        legend=False,
        addresses=scope.cell_addresses(quiz_sets.INDEX_SET, [quiz]),
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
    if not indexes.has_grades(scope.population, scope.hook, model_k):
        return ""
    return capitalised(indexes.grades(scope.population, scope.hook, model_k).sentence(feature))
