"""Cell view: one cell of one quiz, what each GPT expects there, and the features that fire in each."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from culture_core.features.quiz_reading import QuizReading
from culture_core.figures.rows import GridRow, answer_row, position_name, quiz_row
from culture_core.figures.style import ValueScale
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import BLOCK_LENGTH, LAST_GRID, QUIZ_LENGTH
from dashboard.components.cell_column.column import cell_column
from dashboard.components.downloads.grids import download_button, grid_downloads
from dashboard.components.downloads.tables import table_downloads
from dashboard.components.grid_board.board import CellClick, grid_board
from dashboard.components.lab.link import lab_link
from dashboard.components.page import permalink
from dashboard.components.page.display import Display, choose_display, chosen_style
from dashboard.components.page.scope import Scope, choose_hook, choose_population
from dashboard.data import loaders
from dashboard.data.cells import (
    LAST_BLOCK,
    CellFacts,
    FiringFeature,
    cell_facts,
    deciding_position,
    doubt,
    feature_frame,
    firing_features,
    token_name,
    true_concepts,
)
from dashboard.data.loaders import BROWSE_SET, CULTURE_SET, INDEX_SET
from dashboard.data.quiz_table import Invention

SET_NAMES = {
    INDEX_SET: "of the feature index",
    BROWSE_SET: "with answers",
    CULTURE_SET: "invented by the GPTs",
}
AFTER, BEFORE = "after", "before"
WHEN = {AFTER: "after reading it", BEFORE: "when it is predicted"}
NOTHING = "nothing"
LEAST_F1 = 0.3
DOUBT = ValueScale("probability of a wrong token", 1.0)


@dataclass(frozen=True)
class Shown:
    """What is drawn on the cells: a feature of a GPT, or (feature None) its doubt; model_k None: nothing."""

    model_k: int | None = None
    feature: int | None = None


@dataclass(frozen=True)
class View:
    """What the page is about: a quiz, a cell of it, and how each GPT reads it."""

    scope: Scope
    tokens: np.ndarray
    clean: np.ndarray
    quiz: QuizBatch
    task: str
    number: int
    position: int
    readings: dict[int, QuizReading]
    invention: Invention | None


def choose_quiz(scope: Scope) -> View:
    """Draw the selectors of the quiz; read it with every GPT."""
    sets = loaders.quiz_sets(scope.population)
    quiz_set = permalink.read_choice("set", sets, sets[0])
    quizzes = loaders.quizzes_of(scope.population, scope.hook, quiz_set)
    n = len(quizzes.tokens)
    number = permalink.read_number("number", 0, n - 1, 0, of=f"the quizzes {SET_NAMES[quiz_set]}")
    resets = ("position",)
    st.selectbox(
        "Quizzes",
        sets,
        format_func=SET_NAMES.__getitem__,
        width=210,
        **permalink.bound("set", quiz_set, resets=("number", *resets)),
    )
    st.number_input(
        f"Quiz, 0 to {n - 1}", 0, n - 1, width=150, **permalink.bound("number", number, resets=resets)
    )
    for label, icon, other in (
        ("Previous", ":material/chevron_left:", (number - 1) % n),
        ("Next", ":material/chevron_right:", (number + 1) % n),
        ("Any", ":material/casino:", int(np.random.default_rng().integers(n))),
    ):
        st.button(
            label,
            icon=icon,
            on_click=permalink.write,
            kwargs={"set": quiz_set, "number": other, "position": None},
        )
    tokens, clean = quizzes.tokens[number], quizzes.clean[number]
    position = permalink.read_number("position", 0, QUIZ_LENGTH - 1, deciding_position(clean), of="a quiz")
    readings = {k: loaders.reading(scope.population, scope.hook, k, tokens) for k in scope.population.models}
    quiz = quizzes.batch[number : number + 1]
    invention = loaders.invention(scope.population, quiz_set, number)
    return View(scope, tokens, clean, quiz, quizzes.task[number], number, position, readings, invention)


def read_shown(view: View) -> Shown:
    """What the URL says is drawn on the cells: "gpt-0" or "0-123"; nothing for what is not there."""
    first, _, second = (permalink.read("show") or "").partition("-")
    models = {str(k): k for k in view.readings}
    if first == "gpt" and second in models:
        return Shown(models[second])
    if first in models and second.isdecimal() and len(second) < 8:
        return Shown(models[first], int(second))
    return Shown()


def go_to(click: CellClick) -> None:
    permalink.write(position=click.position)


def show_quiz(view: View, shown: Shown, display: Display) -> tuple[GridRow, ValueScale | None]:
    """The quiz, large, with the cell outlined; a click moves to another cell. Returns what is drawn."""
    values, scale = overlay(view, shown)
    doubted = None if shown.model_k is None else shown.model_k
    row = quiz_row(
        view.tokens,
        values=values,
        clean=view.clean,
        probability=None if doubted is None else probability_of_truth(view, doubted),
        caption=view.task,
        detail=f"quiz {view.number}",
    )
    grid_board(
        [row],
        key="quiz",
        scale=scale,
        digits=display.digits,
        colour_key=display.colour_key,
        max_cell=22,
        markers=True,
        selected=CellClick(0, view.position // BLOCK_LENGTH, view.position),
        on_click=go_to,
    )
    return row, scale


def overlay(view: View, shown: Shown) -> tuple[np.ndarray | None, ValueScale | None]:
    """What is drawn on the cells, (404,), and its scale."""
    if shown.model_k is None:
        return None, None
    if shown.feature is None:
        return doubt(probability_of_truth(view, shown.model_k)), DOUBT
    values = view.readings[shown.model_k].of_feature(shown.feature)
    largest = float(values.max())
    scope = view.scope
    if loaders.has_index(scope.population, scope.hook, shown.model_k):
        index = loaders.index(scope.population, scope.hook, shown.model_k)
        if shown.feature < index.n_features:
            largest = max(largest, index.max_activation(shown.feature))
    return values, ValueScale(f"GPT {shown.model_k} · feature {shown.feature}", largest)


def probability_of_truth(view: View, model_k: int) -> np.ndarray:
    """(404,) how probable each token of the quiz was to a GPT, from the tokens before it."""
    return view.readings[model_k].probabilities[np.arange(QUIZ_LENGTH), view.tokens]


def show_facts(view: View, facts: CellFacts) -> None:
    """The truth about the cell, in words."""
    style = chosen_style()
    name = token_name(facts.token, style.names)
    st.subheader(position_name(view.position, quiz_row(view.tokens).labels), anchor=False)
    lines = [f"**{name}**, token {view.position}"]
    if view.invention is not None:
        lines.append(f"the quiz: {view.invention.words()}")
    if facts.clean != facts.token:
        lines.append(f"noise: was {token_name(facts.clean, style.names)}")
    if facts.source is not None and facts.source == facts.clean:
        lines.append("the rule left it as it was")
    if facts.source is not None and facts.source != facts.clean:
        lines.append(f"changed by the rule: was {token_name(facts.source, style.names)}")
    if facts.deciding:
        lines.append("the first cell the rule changes here: now the GPT must decide")
    st.markdown("  \n".join(lines))
    true = true_concepts(view.quiz, view.position)
    if true:
        with st.expander(f"{len(true)} concepts hold here", icon=":material/fact_check:"):
            st.markdown("\n".join(f"- {words}" for words in true))
    lab_link(view.scope, view.tokens, "Change this quiz in the Lab")


def choose_shown(view: View, shown: Shown) -> None:
    """Selectors of what is drawn on the cells and of which state the features are."""
    options = {NOTHING: "nothing"} | {f"gpt-{k}": f"where GPT {k} is unsure" for k in view.readings}
    current = NOTHING if shown.model_k is None else f"gpt-{shown.model_k}"
    if shown.feature is not None:
        current = f"{shown.model_k}-{shown.feature}"
        options[current] = f"GPT {shown.model_k} · feature {shown.feature}"
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
) -> None:
    """One GPT: its answer to the quiz, what it expects at the cell, and the features that fire."""
    reading = view.readings[model_k]
    probabilities = reading.probabilities
    answer = reading.predicted[LAST_GRID]
    n_wrong = int((answer != view.tokens[LAST_GRID]).sum())
    row = answer_row(
        view.tokens,
        answer,
        probability=probability_of_truth(view, model_k)[LAST_GRID],
        caption=f"GPT {model_k}",
        detail="all right" if n_wrong == 0 else f"{n_wrong} wrong",
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
    cell_column(
        reading.logits[view.position],
        probabilities[view.position],
        facts.token,
        features,
        key=f"column.{model_k}",
        address=view.scope.link(gpt=model_k),
        heading=f"{len(features)} features fire {WHEN[when]}",
        note=why_none(view, model_k, when) if not features else "",
        chosen=shown.feature if shown.model_k == model_k else None,
        matched=best_matches(view.scope, shown).get(model_k),
        on_choose=lambda feature: permalink.write(show=None if feature is None else f"{model_k}-{feature}"),
    )


def state_position(view: View, when: str) -> int:
    """The last token read in the state that is looked at: the cell's own, or the one before; -1: none."""
    return view.position if when == AFTER else view.position - 1


def described_features(view: View, model_k: int, when: str) -> list[FiringFeature]:
    """The features of a GPT that fire at a position, with words from its grades and its index."""
    position = state_position(view, when)
    if position < 0:
        return []
    reading, scope = view.readings[model_k], view.scope
    if not loaders.has_index(scope.population, scope.hook, model_k):
        return firing_features(reading, position, lambda _: ("", ""))
    table = loaders.index(scope.population, scope.hook, model_k).table
    task, share, largest = (table[name].to_numpy() for name in ("peak_task", "peak_task_share", "max"))
    graded = loaders.has_grades(scope.population, scope.hook, model_k)
    grades = loaders.grades(scope.population, scope.hook, model_k) if graded else None

    def describe(feature: int) -> tuple[str, str]:
        best = grades.of_feature(feature)[:1] if grades else []
        if grades and best and best[0].f1 >= LEAST_F1:
            return f"{best[0].words}, F1 {best[0].f1:.2f}", f"{grades.sentence(feature)} "
        if not task[feature]:
            return "never fires in the index", ""
        return f"most in {task[feature]}, {share[feature]:.0%}", ""

    return firing_features(reading, position, describe, lambda feature: float(largest[feature]))


def why_none(view: View, model_k: int, when: str) -> str:
    """Why no feature fires."""
    position = state_position(view, when)
    if not loaders.has_sae(view.scope.population, view.scope.hook, model_k):
        return "This GPT has no SAE here yet: run culture train-sae."
    if position < 0:
        return "Nothing was read before the first token."
    if position == QUIZ_LENGTH - 1:
        return "The last cell is never read: nothing comes after it."
    return "No feature fires."


def best_matches(scope: Scope, shown: Shown) -> dict[int, int]:
    """The best match of the feature that is drawn in each other GPT."""
    if (
        shown.feature is None
        or shown.model_k is None
        or not loaders.has_matches(scope.population, scope.hook)
    ):
        return {}
    matches = loaders.matches(scope.population, scope.hook)
    if shown.feature >= len(matches.universality[shown.model_k]):
        return {}
    return {match.model_k: match.feature for match in matches.best(shown.model_k, shown.feature)}


st.title("Cell view")
with st.container(horizontal=True, vertical_alignment="bottom"):
    population = choose_population()
    scope = Scope(population, choose_hook(population) if population.hooks else "")
    view = choose_quiz(scope)
    downloads = download_button()
    display = choose_display()
shown = read_shown(view)
facts = cell_facts(view.tokens, view.clean, view.position)
grids, about = st.columns([7, 3], gap="medium")
with grids:
    st.caption("Click a cell, or move with the arrow keys and press Enter, to see what happens there.")
    row, scale = show_quiz(view, shown, display)
with about:
    show_facts(view, facts)
    choose_shown(view, shown)
    when = choose_when()
st.caption(
    "Below: each GPT's answer to the whole quiz, every cell predicted from the right cells before it; how "
    "probable each token was at the cell you chose (the true one outlined); and what fires. Click a feature "
    "to draw it on the quiz and to mark its best matches in the other GPTs in green."
)
features = {k: described_features(view, k, when) for k in view.readings}
for model_k, column in zip(view.readings, st.columns(len(view.readings), gap="small"), strict=True):
    with column:
        show_column(view, facts, when, shown, model_k, features[model_k])
with downloads:
    st.caption("The quiz as it is drawn")
    grid_downloads([row], scale, name=f"quiz{view.number}", digits=display.digits)
    st.caption("The features that fire here in every GPT")
    table_downloads(lambda: feature_frame(features), name=f"features_at_{view.position}")
