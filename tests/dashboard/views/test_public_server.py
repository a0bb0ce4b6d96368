"""A server that a group shares writes nothing; names that a reader gives show wherever a feature appears."""

from pathlib import Path

import pytest

from dashboard.components.page import notes as page_notes
from dashboard.components.page.notes import feature_key
from dashboard.components.page.scope import Scope
from dashboard.data.sharing import PUBLIC_VARIABLE
from dashboard.notes.book import note_book, notes_path

NAME = "corner *finder* :red[x]"


def files_in(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def note_fields(app) -> dict:
    return {field.label: field for field in app.text_input}


def test_on_a_public_server_notes_work_and_nothing_is_written(open_page, small_cache, tmp_path, monkeypatch):
    monkeypatch.setenv(PUBLIC_VARIABLE, "1")
    before = files_in(small_cache)
    app = open_page("feature", gpt=1, feature=3)
    note_fields(app)["Name"].set_value("mine").run()
    assert any("Saved" in caption.value for caption in app.caption)
    assert app.session_state[page_notes.KEY].notes()[0].name == "mine"
    for page in ("features", "cell", "universal", "lab", "lists"):
        app.switch_page(f"views/{page}.py")
        assert not app.run().exception
    assert app.caption[-1].value == "Your notes are in this browser."
    assert files_in(small_cache) == before
    assert list(tmp_path.iterdir()) == []


def test_another_reader_of_a_public_server_sees_nothing_of_it(open_page, monkeypatch):
    monkeypatch.setenv(PUBLIC_VARIABLE, "1")
    note_fields(open_page("feature", gpt=1, feature=3))["Name"].set_value("mine").run()
    assert note_fields(open_page("feature", gpt=1, feature=3))["Name"].value == ""


def test_a_name_that_is_too_long_is_told_and_not_dropped(open_page):
    app = open_page("feature", gpt=1, feature=3)
    note_fields(app)["Name"].set_value("x" * 121).run()
    assert app.error[0].value == "A name can have at most 120 characters; this one has 121."
    assert "x" * 121 in [code.value for code in app.code]


def test_notes_that_cannot_be_written_are_told_in_one_line(open_page, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CULTURE_NOTES", str(tmp_path / "file" / "notes.sqlite"))
    app = open_page("feature", gpt=1, feature=3)
    note_fields(app)["Name"].set_value("mine").run()
    assert not app.exception
    assert "cannot be written" in app.error[0].value


@pytest.fixture
def named(population) -> tuple[int, int]:
    """A feature that fires, with a name of the reader's."""
    scope = Scope(population, population.hooks[0])
    table = population.index(scope.hook, 1).table
    feature = int(table.density.idxmax())
    key = feature_key(scope, 1, feature)
    note_book().change(note_book().note(key), name=NAME)
    return 1, feature


@pytest.mark.parametrize("page", ["universal", "compare"])
def test_a_name_shows_beside_the_feature_as_it_was_written(open_page, named, page):
    gpt, feature = named
    app = open_page(page, gpt=gpt, feature=feature)
    labels = [link.proto.label for link in app.get("page_link")]
    shown = [label for label in labels if label.startswith(f"**GPT {gpt} · {feature} “corner")]
    assert shown == [f"**GPT {gpt} · {feature} “corner \\*finder\\* :\u2060red\\[x\\]”**"]


def test_a_name_shows_in_the_lab(open_page, named):
    gpt, feature = named
    app = open_page("lab", features=f"{gpt}.{feature}")
    assert any(option.startswith(f"{gpt}.{feature} “{NAME}”") for option in app.multiselect[0].proto.options)


def test_a_name_shows_in_the_cell_view(open_page, named, population):
    gpt, feature = named
    top = population.index(population.hooks[0], gpt).top(feature)
    app = open_page("cell", set="index", number=int(top.quiz[0]), position=int(top.position[0]))
    columns = [element.proto.json for element in app.get("bidi_component")]
    assert any(NAME in text for text in columns)


def test_the_notes_of_a_public_server_are_not_those_of_the_one_who_runs_it(open_page, named, monkeypatch):
    monkeypatch.setenv(PUBLIC_VARIABLE, "1")
    gpt, feature = named
    assert notes_path().exists()
    assert note_fields(open_page("feature", gpt=gpt, feature=feature))["Name"].value == ""
