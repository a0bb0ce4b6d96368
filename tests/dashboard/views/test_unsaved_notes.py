"""What a reader wrote and another window kept from being saved stays on the page until it is answered."""

import pytest

from dashboard.components.page.notes import feature_key
from dashboard.components.page.scope import Scope
from dashboard.data import tables
from dashboard.notes.book import note_book
from dashboard.notes.note import NAME_LIMIT


@pytest.fixture
def alive(population) -> list[int]:
    """Features of GPT 0 that fire."""
    table = tables.features(population, population.hooks[0])
    return table[(table.gpt == 0) & ~table.dead].feature.tolist()


@pytest.fixture
def key(population, alive):
    return feature_key(Scope(population, population.hooks[0]), 0, alive[0])


@pytest.fixture
def app(open_page, alive):
    return open_page("feature", gpt=0, feature=alive[0])


def in_another_window(key, **changes: str) -> None:
    note_book().change(note_book().note(key), **changes)


def field(app, label: str):
    return next(one for one in (*app.text_input, *app.text_area) if one.label == label)


def write(app, label: str, words: str) -> None:
    field(app, label).set_value(words).run()
    assert not app.exception


def press(app, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def told(app) -> list[str]:
    """All that the page shows as it was written: what is kept, and what is not saved."""
    return [code.value for code in app.code]


def test_a_name_that_is_not_saved_outlives_a_note_that_is(app, key):
    in_another_window(key, name="theirs")
    write(app, "Name", "mine")
    write(app, "Note", "fires at corners")
    assert note_book().note(key).text == "fires at corners"
    assert "mine" in told(app)
    press(app, "Save mine")
    assert note_book().note(key).name == "mine"
    assert told(app) == []


def test_two_fields_that_are_not_saved_are_asked_about_one_by_one(app, key):
    in_another_window(key, text="their note")
    write(app, "Note", "my note")
    write(app, "Name", "x" * (NAME_LIMIT + 1))
    assert told(app) == ["their note", "my note", "x" * (NAME_LIMIT + 1)]
    press(app, "Drop mine")
    assert told(app) == ["x" * (NAME_LIMIT + 1)]


def test_keeping_both_names_leaves_a_note_that_is_not_saved(app, key):
    in_another_window(key, name="their name", text="their note")
    write(app, "Name", "my name")
    in_another_window(key, text="their next note")
    write(app, "Note", "my note")
    assert told(app) == ["their name", "my name", "their next note", "my note"]
    press(app, "Keep both")
    kept = note_book().note(key)
    assert (kept.name, kept.text) == ("their name", "their next note\n\nAlso named: my name")
    assert told(app) == [kept.text, "my note"]


def test_another_feature_does_not_forget_what_is_not_saved(app, key, alive):
    in_another_window(key, name="theirs")
    write(app, "Name", "mine")
    app.query_params["feature"] = str(alive[1])
    app.run()
    assert told(app) == []
    write(app, "Name", "another")
    app.query_params["feature"] = str(alive[0])
    app.run()
    assert told(app) == ["theirs", "mine"]
