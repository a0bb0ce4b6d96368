"""Notes in a real browser: two windows, nothing lost, all text shown as text."""

import json
from pathlib import Path

import pytest
from notes_helpers import key_of, note_book
from playwright.sync_api import Page, expect

HOSTILE = '<img src=x onerror="window.hit=1"> **bold** [go](javascript:window.hit=1) :red[red] $x^2$'


@pytest.fixture
def second(visit) -> Page:
    """Another window of the same reader."""
    return visit.page.context.new_page()


def open_feature(page: Page, address: str, feature: int) -> None:
    page.goto(f"{address}/feature?gpt=0&feature={feature}")
    page.get_by_text("Your note").click()
    page.get_by_role("textbox", name="Note", exact=True).wait_for()


def write(page: Page, field: str, words: str) -> None:
    box = page.get_by_role("textbox", name=field, exact=True)
    box.fill(words)
    box.press("Control+Enter" if field == "Note" else "Enter")


def test_what_is_typed_is_saved_when_the_field_is_left(visit, notes_file):
    page = visit.page
    open_feature(page, visit.address, 21)
    page.get_by_role("textbox", name="Name", exact=True).fill("corner finder")
    page.get_by_role("textbox", name="Note", exact=True).fill("fires at corners")
    page.get_by_role("button", name="Next").click()
    page.wait_for_function("!location.search.includes('feature=21')")
    expect(page.get_by_role("textbox", name="Note", exact=True)).to_have_value("")
    note = note_book(notes_file).note(key_of("GPT 0 · 21"))
    assert (note.name, note.text) == ("corner finder", "fires at corners")
    open_feature(page, visit.address, 21)
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("corner finder")


def test_two_windows_that_change_the_same_note_lose_nothing(visit, second, notes_file):
    first, key = visit.page, key_of("GPT 0 · 22")
    open_feature(first, visit.address, 22)
    open_feature(second, visit.address, 22)
    write(first, "Note", "from the first window")
    first.get_by_text("Saved 20").wait_for()
    write(second, "Note", "from the second window")
    second.get_by_text("Another window changed this note").wait_for()
    assert note_book(notes_file).note(key).text == "from the first window"
    second.get_by_text("from the second window").first.wait_for()
    second.get_by_role("button", name="Keep both").click()
    second.get_by_text("Another window changed this note").wait_for(state="detached")
    assert note_book(notes_file).note(key).text == "from the first window\n\nfrom the second window"


def test_two_windows_that_change_different_fields_need_no_question(visit, second, notes_file):
    first, key = visit.page, key_of("GPT 0 · 23")
    open_feature(first, visit.address, 23)
    open_feature(second, visit.address, 23)
    write(first, "Name", "named in one")
    first.get_by_text("Saved 20").wait_for()
    write(second, "Note", "written in two")
    expect(second.get_by_role("textbox", name="Name", exact=True)).to_have_value("named in one")
    note = note_book(notes_file).note(key)
    assert (note.name, note.text) == ("named in one", "written in two")


def test_what_a_reader_writes_is_shown_as_it_is_and_never_run(visit, notes_file):
    book, key = note_book(notes_file), key_of("GPT 0 · 24")
    book.change(book.note(key), name=HOSTILE, text=HOSTILE, lists=(HOSTILE[:60],), starred=True)
    page = visit.page
    for view in ("lists", "features?starred=1", "feature?gpt=0&feature=24"):
        page.goto(f"{visit.address}/{view}")
        visit.board().wait_for()
        page.wait_for_timeout(800)
        assert page.evaluate("window.hit") is None
        assert page.locator("img[src='x']").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
    page.goto(f"{visit.address}/lists")
    assert HOSTILE in visit.board().locator("tbody").inner_text()


def test_notes_are_exported_and_imported_again(visit, notes_file, tmp_path):
    book, key = note_book(notes_file), key_of("GPT 0 · 25")
    book.change(book.note(key), name="to be exported")
    page = visit.open("lists", grids=False)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON").click()
    exported = json.loads(Path(download.value.path()).read_text())
    mine = next(note for note in exported["notes"] if note["feature"] == 25)
    file = tmp_path / "notes.json"
    file.write_text(json.dumps(exported | {"notes": [mine | {"feature": 26, "name": "came from a file"}]}))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Imported: 1 new").wait_for()
    assert book.note(key_of("GPT 0 · 26")).name == "came from a file"
    expect(visit.board().locator("tbody")).to_contain_text("came from a file")


def test_a_file_that_holds_no_notes_is_refused_in_words(visit, tmp_path):
    file = tmp_path / "wrong.csv"
    file.write_text("a,b\n1,2\n")
    page = visit.open("lists", grids=False)
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Nothing was imported").wait_for()
