"""What is downloaded is what is shown: the same quizzes, in the reader's colours, with the reader's names."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st

from culture_core.figures.style import DISTINCT, PALETTES, PUBLISHED
from dashboard.components.page.scope import Scope
from dashboard.data.population import indexes
from dashboard.data.sharing import PUBLIC_VARIABLE


@pytest.fixture
def downloads(monkeypatch) -> dict:
    """By the label of a button, what makes its file: as in Streamlit, in a thread that knows no reader."""
    made, draw = {}, st.download_button

    def button(label, make, **rest):
        made[label] = lambda: ThreadPoolExecutor(1).submit(make).result()
        return draw(label, make, **rest)

    monkeypatch.setattr(st, "download_button", button)
    return made


@pytest.fixture
def strongest(population) -> tuple[Scope, int]:
    """A scope, and the feature of its first GPT that fires most."""
    scope = Scope(population, population.hooks[0])
    return scope, int(indexes.index(population, scope.hook, 0).table.fires.argmax())


def test_the_page_has_the_colours_and_the_names_of_its_reader(open_page, downloads, strongest, monkeypatch):
    monkeypatch.setenv(PUBLIC_VARIABLE, "1")
    _, feature = strongest
    app = open_page("feature", gpt=0, feature=feature)
    next(field for field in app.text_input if field.label == "Name").set_value("corner finder").run()
    own = set(PALETTES[DISTINCT]) - set(PALETTES[PUBLISHED])
    app.switch_page("views/universal.py")
    app.query_params.update(gpt="0", feature=str(feature))
    app.run()
    plain = downloads["HTML page"]()
    assert "corner finder" in plain
    assert not any(colour in plain for colour in own)
    app.query_params["colours"] = "safe"
    app.run()
    assert any(colour in downloads["HTML page"]() for colour in own)


def test_of_one_quiz_large_the_picture_has_that_quiz_alone(open_page, downloads, strongest):
    scope, feature = strongest
    quizzes = indexes.index(scope.population, scope.hook, 0).top(feature).quiz
    heights = []
    for asked in ({}, {"quiz": int(quizzes[1])}):
        assert not open_page("universal", gpt=0, feature=feature, **asked).exception
        heights.append(downloads["SVG"]().count(f"GPT 0 · {feature}"))
    assert heights[1] == 1 < heights[0]
