"""Notes survive kills and other tabs; files of notes come back as they went."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from culture_core.errors import CultureError
from dashboard.notes.book import NoteBook, notes_path
from dashboard.notes.files import from_file, to_csv, to_json
from dashboard.notes.note import Conflict, FeatureKey, Note

KEY = FeatureKey("world-1M", "blocks.2.hook_resid_post", 3, 1712)
OTHER = replace(KEY, feature=5)
KILLS = 20
WRITER = """
import sys
from pathlib import Path
from dashboard.notes.book import NoteBook
from dashboard.notes.note import FeatureKey
book, first = NoteBook(Path(sys.argv[1])), int(sys.argv[2])
for number in range(first, first + 100_000):
    key = FeatureKey("p", "h", number % 5, number)
    book.change(book.note(key), text=f"note {number}", starred=True)
    print(number, flush=True)
"""
TRICKY = [
    '=HYPERLINK("http://example.org")',
    "'=1+1",
    "-5",
    "@x",
    'a "quoted", comma',
    "two\nlines",
    "<script>alert(1)</script>",
    "grün 色 🎨",
    "'plain apostrophe",
]


@pytest.fixture
def book(tmp_path) -> NoteBook:
    return NoteBook(tmp_path / "folder" / "notes.sqlite")


def test_a_change_is_there_when_the_file_is_opened_again(book):
    assert book.note(KEY) == Note(KEY)
    saved = book.change(book.note(KEY), starred=True, name="  corner   finder ", lists=("b", "a"))
    assert (saved.name, saved.lists, saved.version) == ("corner finder", ("a", "b"), 1)
    assert NoteBook(book.path).note(KEY) == saved
    assert NoteBook(book.path).notes() == [saved]


def test_nothing_is_written_when_nothing_changes(book):
    saved = book.change(book.note(KEY), name="x")
    assert book.change(saved, name="x") == saved


def test_a_note_that_is_emptied_leaves_the_list_but_keeps_counting_versions(book):
    saved = book.change(book.note(KEY), starred=True)
    emptied = book.change(saved, starred=False)
    assert book.notes() == []
    assert emptied.version == 2
    assert book.note(KEY).version == 2


def test_two_tabs_that_change_different_parts_keep_both(book):
    base = book.note(KEY)
    book.change(base, name="from tab one")
    book.change(base, text="from tab two")
    note = book.note(KEY)
    assert (note.name, note.text) == ("from tab one", "from tab two")


def test_two_tabs_that_change_the_same_part_overwrite_nothing(book):
    base = book.note(KEY)
    first = book.change(base, text="from tab one")
    with pytest.raises(Conflict) as conflict:
        book.change(base, text="from tab two")
    assert conflict.value.current == first
    assert book.note(KEY) == first
    assert book.change(first, text="from tab two").text == "from tab two"


def test_lists_join_and_leave_one_by_one_in_two_tabs(book):
    base = book.change(book.note(KEY), lists=("old", "stays"))
    book.change(base, lists=("old", "stays", "from one"))
    assert book.change(base, lists=("stays", "from two")).lists == ("from one", "from two", "stays")


def test_two_tabs_that_write_the_same_agree(book):
    base = book.note(KEY)
    book.change(base, name="same")
    assert book.change(base, name="same").version == 1


def test_notes_of_another_hook_point_are_another_matter(book):
    book.change(book.note(KEY), starred=True)
    book.change(book.note(replace(KEY, hook="elsewhere")), starred=True)
    assert [note.key for note in book.notes("world-1M", KEY.hook)] == [KEY]
    assert len(book.notes("world-1M")) == 2


def test_many_threads_lose_no_change(book):
    def write(first: int) -> None:
        for feature in range(first, first + 25):
            book.change(book.note(replace(KEY, feature=feature)), text=str(feature))
            book.change(book.note(replace(KEY, feature=feature)), starred=True)

    threads = [threading.Thread(target=write, args=(100 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notes = book.notes()
    assert len(notes) == 100
    assert all(note.starred and note.text == str(note.key.feature) for note in notes)


def test_killing_the_writer_twenty_times_loses_nothing_that_was_reported_saved(book):
    reported: set[int] = set()
    chance = random.Random(0)
    for round_ in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(book.path), str(1000 * round_)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.15))
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read()
        writer.wait()
        reported |= {int(line) for line in (first + rest).split("\n")[:-1]}
    kept = {note.key.feature: note.text for note in book.notes("p")}
    assert len(reported) > KILLS
    assert all(kept[number] == f"note {number}" for number in reported)
    with sqlite3.connect(book.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_notes_come_back_from_a_file_as_they_went(book, tmp_path, kind):
    for feature, text in enumerate(TRICKY):
        note = book.note(replace(KEY, feature=feature))
        book.change(
            replace(note, sae="abc"), starred=feature % 2 == 0, name=text[:9], text=text, lists=(text,)
        )
    written = {"json": to_json, "csv": to_csv}[kind](book.notes())
    other = NoteBook(tmp_path / "other.sqlite")
    assert other.add(from_file(f"notes.{kind}", written.encode())[0])["new"] == len(TRICKY)
    kept = [(n.key, n.starred, n.name, n.text, n.lists, n.sae) for n in book.notes()]
    assert [(n.key, n.starred, n.name, n.text, n.lists, n.sae) for n in other.notes()] == kept


def test_no_field_of_a_csv_is_a_formula(book):
    for feature, text in enumerate(TRICKY):
        book.change(book.note(replace(KEY, feature=feature)), text=text)
    lines = to_csv(book.notes())
    assert ",=HYPERLINK" not in lines
    assert ',"=HYPERLINK' not in lines


def test_reading_a_file_twice_changes_nothing(book):
    book.change(book.note(KEY), name="n", text="t", lists=("l",))
    again, _ = from_file("notes.json", to_json(book.notes()).encode())
    assert book.add(again) == {"new": 0, "merged": 0, "unchanged": 1}


def test_reading_a_file_keeps_what_is_there_beside_what_comes(book):
    theirs = Note(KEY, starred=True, name="theirs", text="their text", lists=("b",))
    book.change(book.note(KEY), name="mine", text="my text", lists=("a",))
    assert book.add([theirs]) == {"new": 0, "merged": 1, "unchanged": 0}
    note = book.note(KEY)
    assert (note.starred, note.name, note.lists) == (True, "mine", ("a", "b"))
    assert note.text == "my text\n\nAlso named: theirs\n\ntheir text"
    assert book.add([theirs])["unchanged"] == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"{", "not JSON"),
        ("a.json", b"[]", "contains no notes"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.csv", b"a,b\n1,2\n", "no column"),
        ("a.csv", b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_a_file_that_holds_no_notes_is_refused_in_words(name, content, words):
    with pytest.raises(CultureError, match=words):
        from_file(name, content)


GOOD = {"population": "p", "hook": "h", "gpt": 0, "feature": 1, "name": "good"}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({}, "it has no population"),
        (7, "is not a note"),
        (GOOD | {"feature": -1}, "feature should be a whole number, not '-1'"),
        (GOOD | {"feature": 1e99}, "feature should be a whole number"),
        (GOOD | {"gpt": True}, "gpt should be a whole number"),
        (GOOD | {"name": "x" * 500}, "a name can have at most 120 characters; this one has 500"),
        (GOOD | {"name": 5}, "name should be text"),
        (GOOD | {"lists": {"a": 1}}, "is not the name of a list"),
    ],
)
def test_an_entry_that_is_no_note_is_told_in_one_line_and_the_others_are_read(bad, words):
    content = json.dumps({"kind": "culture-notes", "notes": [GOOD, bad, GOOD | {"feature": 2}]})
    notes, problems = from_file("a.json", content.encode())
    assert [note.key.feature for note in notes] == [1, 2]
    (problem,) = problems
    assert problem.startswith("note 2: ") and words in problem and "\n" not in problem


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_from_any_spreadsheet_is_read_and_its_empty_rows_are_passed_over(delimiter):
    rows = ["population,hook,gpt,feature,name,lists", "p,h,0,1,good,5", "p,h,x,1,bad,", ",,,,,", ""]
    content = "\r\n".join(rows).replace(",", delimiter)
    notes, problems = from_file("a.csv", content.encode())
    assert [(note.name, note.lists) for note in notes] == [("good", ("5",))]
    assert problems == ["line 3: gpt should be a whole number, not 'x'"]


@pytest.mark.parametrize(
    ("lists", "read"), [(5, ("5",)), ("corner", ("corner",)), (None, ()), (["b", 7, "a"], ("7", "a", "b"))]
)
def test_lists_may_be_one_name_or_a_number(lists, read):
    content = json.dumps({"kind": "culture-notes", "notes": [GOOD | {"lists": lists}]})
    ((note,), problems) = from_file("a.json", content.encode())
    assert (note.lists, problems) == (read, [])


def test_a_bad_note_in_a_file_leaves_all_as_it_was(book):
    with pytest.raises(CultureError):
        book.add([Note(KEY, name="good"), Note(OTHER, name="x" * 500)])
    assert book.notes() == []


def test_a_file_that_is_no_notes_is_told_with_the_way_out(tmp_path):
    path = tmp_path / "notes.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(CultureError, match="CULTURE_NOTES"):
        NoteBook(path).notes()


def test_notes_of_a_newer_layout_are_left_alone(book):
    book.change(book.note(KEY), name="n")
    with sqlite3.connect(book.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(CultureError, match="newer"):
        book.note(KEY)


def test_the_variable_names_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("CULTURE_NOTES", str(tmp_path / "here.sqlite"))
    assert notes_path() == tmp_path / "here.sqlite"
    monkeypatch.delenv("CULTURE_NOTES")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert notes_path() == tmp_path / "culture" / "notes.sqlite" or sys.platform in ("darwin", "win32")


def as_a_reader_without_rights(work) -> str:
    """What `work` returns, or the message of its CultureError, in a process that is not the superuser's."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setuid(65534)
        try:
            said = str(work())
        except CultureError as error:
            said = f"refused: {error}"
        except BaseException as error:
            said = f"crashed: {error!r}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()


@pytest.fixture
def read_only_book():
    """A book with one note in a folder that nobody may write into."""
    with tempfile.TemporaryDirectory() as folder:
        book = NoteBook(Path(folder) / "notes.sqlite")
        book.change(book.note(KEY), name="kept")
        book.path.chmod(0o444)
        Path(folder).chmod(0o555)
        yield book
        Path(folder).chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="rights are of Unix")
def test_notes_in_a_read_only_folder_are_read_and_a_change_is_refused_in_one_line(read_only_book):
    book = read_only_book
    assert as_a_reader_without_rights(lambda: book.note(KEY).name) == "kept"
    assert as_a_reader_without_rights(lambda: len(book.notes())) == "1"
    told = as_a_reader_without_rights(lambda: book.change(book.note(KEY), name="new"))
    assert told.startswith("refused: the notes in ") and "cannot be written" in told
    assert "CULTURE_NOTES" in told and "\n" not in told


def test_a_place_where_nothing_can_be_written_has_no_notes_and_says_so_on_a_change(tmp_path):
    (tmp_path / "file").write_text("")
    book = NoteBook(tmp_path / "file" / "folder" / "notes.sqlite")
    assert book.notes() == [] and book.note(KEY).version == 0
    with pytest.raises(CultureError, match=r"^the notes in .* cannot be written \(.*\); name another file"):
        book.change(book.note(KEY), name="n")


def test_reading_creates_nothing(tmp_path):
    NoteBook(tmp_path / "folder" / "notes.sqlite").notes()
    assert list(tmp_path.iterdir()) == []
