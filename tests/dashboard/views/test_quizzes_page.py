"""Quizzes and Cell view on a population that has unseen and culture quizzes, and no SAEs."""

import pytest


@pytest.fixture
def page(answered_population, monkeypatch, open_page):
    """A function that opens a page on that population."""
    monkeypatch.setenv("CULTURE_CACHE", str(answered_population.root.parent))
    return open_page


@pytest.mark.parametrize(("source", "n"), [("world", 16), ("unseen", 7), ("culture", 6)])
def test_a_source_has_its_quizzes_and_its_tasks(page, source, n):
    app = page("quizzes", source=source)
    assert not app.exception
    assert f"of {n} quizzes" in app.markdown[0].value
    tasks = next(box for box in app.selectbox if box.label == "Task").options
    assert ("scale" in tasks) == (source == "unseen")
    assert ("frame" in tasks) == (source == "world")


def test_the_share_right_is_told_apart_for_each_source(page):
    words = page("quizzes").markdown[0].value
    assert [part.split(", answered right: GPT 0 ")[0] for part in words.split(":small[")[1:]] == [
        "world",
        "unseen tasks",
        "culture",
    ]


def test_a_task_of_another_source_is_a_friendly_page(page):
    app = page("quizzes", source="unseen", task="frame")
    assert not app.exception
    assert "There is no task" in app.warning[0].value


def test_another_source_forgets_the_task(page):
    app = page("quizzes", source="world", task="frame")
    next(box for box in app.selectbox if box.label == "Source").set_value("culture").run()
    assert not app.warning
    assert "task" not in app.query_params
    assert app.query_params["source"] == "culture"


def test_nothing_is_missing_once_every_source_is_answered(page):
    assert not page("quizzes").expander


def test_a_culture_quiz_is_looked_into_without_saes(page):
    app = page("cell", set="culture", number=3)
    assert not app.exception
    assert not app.warning
    assert "token" in app.markdown[0].value
    assert "the quiz: its author is not known" in app.markdown[0].value


def test_home_shows_the_quiz_and_names_what_is_missing(page):
    app = page("home")
    assert not app.exception
    assert app.subheader[0].value == "1 · A quiz"
    assert any("culture build" in warning.value for warning in app.warning)
