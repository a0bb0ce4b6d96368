"""Downloads of features as one self-contained HTML page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from culture_core.figures.grids import draw_rows, to_svg
from culture_core.figures.style import GridStyle
from dashboard.components.feature.overlays import activation_scale, top_rows
from dashboard.components.page.display import chosen_style
from dashboard.components.page.notes import named_label, own_names
from dashboard.components.page.scope import Scope
from dashboard.data.feature.html_page import Section, html_page
from dashboard.data.population import indexes
from dashboard.data.universal import universality
from dashboard.data.words.number_words import share_words

SHOWN = 3
CELL = 10
HOW_TO_READ = (
    "Each picture shows quizzes on which the feature fires most strongly. The area of a black square is the "
    "activation after reading that cell, as a share of the feature's maximum."
)


@dataclass(frozen=True)
class Look:
    """What a page takes from its reader: the colours of the grids and the names of features by (GPT,
    feature)."""

    style: GridStyle
    names: Mapping[tuple[int, int], str]


def readers_look(scope: Scope) -> Look:
    return Look(chosen_style(), own_names(scope))


def page_download(scope: Scope, make: Callable[[Look], str], *, name: str) -> None:
    """A button that downloads an HTML page; it is made when the button is pressed, out of reach of the
    reader's link and notes."""
    look = readers_look(scope)
    st.download_button(
        "HTML page",
        lambda: make(look),
        file_name=f"{name}.html",
        mime="text/html",
        icon=":material/description:",
        help="One file with words and pictures that needs nothing else, for instance for an appendix",
        on_click="ignore",
        key=f"download.{name}.html",
    )


def features_page(
    scope: Scope,
    title: str,
    features: Sequence[tuple[int, int]],
    words: Sequence[Sequence[str]],
    look: Look,
) -> str:
    """The page about some features, given as (GPT, feature); words: what is said of each besides."""
    lead = f"Population {scope.population.name}, hook point {scope.hook}. {HOW_TO_READ}"
    sections = [
        feature_section(scope, model_k, feature, said, look)
        for (model_k, feature), said in zip(features, words, strict=True)
    ]
    return html_page(title, lead, sections)


def feature_section(scope: Scope, model_k: int, feature: int, words: Sequence[str], look: Look) -> Section:
    """What there is to say of one feature, with its strongest quizzes."""
    index = indexes.index(scope.population, scope.hook, model_k)
    rows = top_rows(index, indexes.index_quizzes(index), feature, SHOWN)
    picture = ""
    if rows:
        scale = activation_scale(index, feature)
        picture = to_svg(draw_rows(rows, scale=scale, cell=CELL, style=look.style))
    return Section(
        named_label(model_k, feature, look.names.get((model_k, feature), "")),
        [*words, _sentence(scope, model_k, feature)],
        [_figures(scope, model_k, feature)],
        picture,
    )


def _sentence(scope: Scope, model_k: int, feature: int) -> str:
    if not indexes.has_grades(scope.population, scope.hook, model_k):
        return ""
    return indexes.grades(scope.population, scope.hook, model_k).sentence(feature)


def _figures(scope: Scope, model_k: int, feature: int) -> str:
    """Density, maximum and best matches in one line."""
    record = indexes.index(scope.population, scope.hook, model_k).table.iloc[feature]
    if record.dead:
        return "It never fires."
    told = [f"Fires on {share_words(record.density)} of tokens", f"maximum {record['max']:.3g}"]
    if universality.has_matches(scope.population, scope.hook):
        found = universality.matches(scope.population, scope.hook).best(model_k, feature)
        told += [f"GPT {match.model_k} · {match.feature}: r {match.r:.2f}" for match in found]
    return "; ".join(told) + "."
