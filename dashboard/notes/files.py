"""Notes as files to keep or to pass on: CSV and JSON, both ways.

Every field of a file is checked: it may come from anywhere.
"""

import csv
import io
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from culture_core.errors import CultureError
from dashboard.data.words.foreign_text import quoted
from dashboard.notes.note import FeatureKey, Note, cleaned

KIND = "culture-notes"
COLUMNS = (
    *("population", "hook", "gpt", "feature"),
    *("starred", "name", "note", "lists", "sae", "changed"),
)
DELIMITERS = (",", ";", "\t")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
LARGEST_ID = 2**31


def to_json(notes: Sequence[Note]) -> str:
    """Notes as JSON text."""
    records = [record_of(note) for note in notes]
    return json.dumps({"kind": KIND, "layout": 1, "notes": records}, indent=1, ensure_ascii=False) + "\n"


def to_csv(notes: Sequence[Note]) -> str:
    """Notes as CSV text; lists stand in one field as JSON.

    A text that a spreadsheet would run as a formula gets an apostrophe in front, which reading takes away.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in map(record_of, notes):
        texts = {name: _unformula(record[name]) for name in ("population", "hook", "name", "note", "sae")}
        lists = json.dumps(record["lists"], ensure_ascii=False)
        writer.writerow(record | texts | {"lists": lists, "starred": int(record["starred"])})
    return out.getvalue()


def from_file(name: str, content: bytes) -> tuple[list[Note], list[str]]:
    """The notes of a .json or .csv file, and a line for each entry that cannot be read.

    Errors: CultureError that says what is wrong when it is not a file of notes at all.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CultureError("this file is not text in UTF-8; export one here to see the format") from None
    records = _json_records(text) if name.lower().endswith(".json") else _csv_records(text)
    notes, problems = [], []
    for place, record in records:
        try:
            notes.append(note_of(record))
        except CultureError as error:
            problems.append(f"{place}: {error}")
    return notes, problems


def record_of(note: Note) -> dict[str, Any]:
    """A note as JSON takes it."""
    return {
        "population": note.key.population,
        "hook": note.key.hook,
        "gpt": note.key.model_k,
        "feature": note.key.feature,
        "starred": note.starred,
        "name": note.name,
        "note": note.text,
        "lists": list(note.lists),
        "sae": note.sae,
        "changed": note.changed,
    }


def _json_records(text: str) -> list[tuple[str, Any]]:
    """Every entry with its place in the file."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise CultureError("this file is not JSON; export one here to see the format") from None
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise CultureError(f'this JSON contains no notes: "kind" should be "{KIND}"')
    records = content.get("notes")
    if not isinstance(records, list):
        raise CultureError('this JSON contains no notes: "notes" should be a list')
    return [(f"note {number}", record) for number, record in enumerate(records, start=1)]


def _csv_records(text: str) -> list[tuple[str, Any]]:
    """Every row that is not empty, with its line in the file; fields are parted as in the header."""
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        missing = {"population", "hook", "gpt", "feature"} - set(reader.fieldnames or ())
        if missing:
            raise CultureError(f"this CSV contains no notes: it has no column {', '.join(sorted(missing))}")
        return [(f"line {reader.line_num}", _csv_record(row)) for row in reader if _has_content(row)]
    except csv.Error as error:
        raise CultureError(f"this file is not CSV ({error})") from None


def _has_content(row: dict[str, Any]) -> bool:
    return any(isinstance(value, list) or (value or "").strip() for value in row.values())


def _csv_record(row: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {name: _formula(value) for name, value in row.items() if isinstance(value, str)}
    record["starred"] = record.get("starred", "").strip().lower() in ("1", "true", "yes")
    with suppress(ValueError, RecursionError):  # what is not JSON is one name as it is
        record["lists"] = json.loads(record.get("lists") or "[]")
    return record


def note_of(record: Any) -> Note:
    """The note that JSON tells.

    Errors: CultureError that says which field is wrong.
    """
    if not isinstance(record, dict):
        raise CultureError(f"{quoted(str(record))} is not a note")
    missing = [name for name in ("population", "hook", "gpt", "feature") if record.get(name) in (None, "")]
    if missing:
        raise CultureError(f"it has no {missing[0]}")
    key = FeatureKey(
        _text(record, "population"), _text(record, "hook"), _id(record, "gpt"), _id(record, "feature")
    )
    return cleaned(
        Note(
            key,
            starred=bool(record.get("starred", False)),
            name=_text(record, "name"),
            text=_text(record, "note"),
            lists=_lists(record.get("lists")),
            sae=_text(record, "sae"),
        )
    )


def _lists(value: Any) -> tuple[str, ...]:
    """Names of lists: several, or a single one that stands by itself, be it a number."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    wrong = [one for one in values if isinstance(one, bool) or not isinstance(one, str | int | float)]
    if wrong:
        raise CultureError(f"{quoted(str(wrong[0]))} is not the name of a list")
    return tuple(str(one) for one in values)


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name) or ""
    if not isinstance(value, str):
        raise CultureError(f"{name} should be text, not {quoted(str(value))}")
    return value


def _id(record: dict[str, Any], name: str) -> int:
    """A number of a GPT or feature, also as text."""
    text = str(record[name]).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < LARGEST_ID):
        raise CultureError(f"{name} should be a whole number, not {quoted(text)}")
    return int(text)


def _unformula(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _formula(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
