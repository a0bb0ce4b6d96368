"""Notes as files to keep or to pass on: CSV and JSON, both ways.

Every field of a file is checked: it may come from anywhere.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from culture_core.errors import CultureError
from dashboard.data.foreign_text import quoted
from dashboard.notes.book import FeatureKey, Note, cleaned

KIND = "culture-notes"
COLUMNS = (
    *("population", "hook", "gpt", "feature"),
    *("starred", "name", "note", "lists", "sae", "changed"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
LARGEST_ID = 2**31


def to_json(notes: Sequence[Note]) -> str:
    """Notes as JSON text."""
    records = [_record(note) for note in notes]
    return json.dumps({"kind": KIND, "layout": 1, "notes": records}, indent=1, ensure_ascii=False) + "\n"


def to_csv(notes: Sequence[Note]) -> str:
    """Notes as CSV text; lists stand in one field as JSON.

    A text that a spreadsheet would run as a formula gets an apostrophe in front, which reading takes away.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for record in map(_record, notes):
        texts = {name: _unformula(record[name]) for name in ("population", "hook", "name", "note", "sae")}
        lists = json.dumps(record["lists"], ensure_ascii=False)
        writer.writerow(record | texts | {"lists": lists, "starred": int(record["starred"])})
    return out.getvalue()


def from_file(name: str, content: bytes) -> list[Note]:
    """The notes of a .json or .csv file.

    Errors: CultureError that says what is wrong, and in which note.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CultureError("this file is no text in UTF-8; export one here to see how it looks") from None
    records = _json_records(text) if name.lower().endswith(".json") else _csv_records(text)
    return [_note(number, record) for number, record in enumerate(records, start=1)]


def _record(note: Note) -> dict[str, Any]:
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


def _json_records(text: str) -> list[Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise CultureError("this file is not JSON; export one here to see how it looks") from None
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise CultureError(f'this JSON holds no notes: "kind" should be "{KIND}"')
    records = content.get("notes")
    if not isinstance(records, list):
        raise CultureError('this JSON holds no notes: "notes" should be a list')
    return records


def _csv_records(text: str) -> list[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text))
    try:
        missing = {"population", "hook", "gpt", "feature"} - set(reader.fieldnames or ())
        if missing:
            raise CultureError(f"this CSV holds no notes: it has no column {', '.join(sorted(missing))}")
        return [_csv_record(row) for row in reader]
    except csv.Error as error:
        raise CultureError(f"this file is not CSV ({error})") from None


def _csv_record(row: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {name: _formula(value) for name, value in row.items() if isinstance(value, str)}
    record["starred"] = record.get("starred", "").strip().lower() in ("1", "true", "yes")
    try:
        record["lists"] = json.loads(record.get("lists") or "[]")
    except (ValueError, RecursionError):
        record["lists"] = [record["lists"]]
    return record


def _note(number: int, record: Any) -> Note:
    try:
        key = FeatureKey(
            _text(record["population"]), _text(record["hook"]), _id(record["gpt"]), _id(record["feature"])
        )
        if not key.population or not key.hook:
            raise ValueError("population and hook are empty")
        return cleaned(
            Note(
                key,
                starred=bool(record.get("starred", False)),
                name=_text(record.get("name", "")),
                text=_text(record.get("note", "")),
                lists=tuple(map(_text, record.get("lists", []))),
                sae=_text(record.get("sae", "")),
            )
        )
    except CultureError as error:
        raise CultureError(f"note {number} of the file cannot be read: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CultureError(f"note {number} of the file cannot be read: {quoted(str(error))}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!s:.40} is no text")
    return value


def _id(value: Any) -> int:
    if isinstance(value, bool) or not 0 <= int(value) < LARGEST_ID:
        raise ValueError(f"{value!s:.40} is no number of a GPT or feature")
    return int(value)


def _unformula(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def _formula(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
