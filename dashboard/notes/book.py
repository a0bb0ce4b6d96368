"""Stars, names, notes and lists of features, in one SQLite file of the reader's own.

A change is reported saved only when it is on the disk (write-ahead log, full synchronisation), so that
killing the server loses nothing. Every row has a version: a change is made to the row as it was read, and
where someone else has changed the same part meanwhile nothing is overwritten and `Conflict` says what stands
there.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from culture_core.errors import CultureError

NOTES_VARIABLE = "CULTURE_NOTES"
FILE_NAME = "notes.sqlite"
LAYOUT = 1
WAIT_SECONDS = 10
NAME_LIMIT, TEXT_LIMIT, LIST_LIMIT, LISTS_LIMIT = 120, 20_000, 60, 50
CONTENT = ("starred", "name", "text", "lists")
TABLE = """
CREATE TABLE IF NOT EXISTS notes (
    population TEXT NOT NULL, hook TEXT NOT NULL, model INTEGER NOT NULL, feature INTEGER NOT NULL,
    starred INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, lists TEXT NOT NULL,
    sae TEXT NOT NULL, version INTEGER NOT NULL, changed TEXT NOT NULL,
    PRIMARY KEY (population, hook, model, feature)
) WITHOUT ROWID
"""


@dataclass(frozen=True, order=True)
class FeatureKey:
    """A feature of one GPT's SAE at a hook point of a population."""

    population: str
    hook: str
    model_k: int
    feature: int


@dataclass(frozen=True)
class Note:
    """What the reader keeps on a feature.

    lists: names of the lists it is in. sae: hash of the SAE that was looked at, "" when unknown.
    version: how often the row was changed, 0 for one that is not there. changed: when, in UTC.
    """

    key: FeatureKey
    starred: bool = False
    name: str = ""
    text: str = ""
    lists: tuple[str, ...] = ()
    sae: str = ""
    version: int = 0
    changed: str = ""

    @property
    def has_words(self) -> bool:
        """Whether it holds more than a star."""
        return bool(self.name or self.text or self.lists)

    @property
    def is_empty(self) -> bool:
        return not (self.starred or self.has_words)


class Conflict(Exception):
    """Someone else has changed the same part of the note meanwhile; `current` is what stands there now."""

    def __init__(self, current: Note) -> None:
        super().__init__("the note was changed elsewhere")
        self.current = current


class NoteBook:
    """The notes in one file. Safe to share between threads and processes: every call opens the file anew."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, key: FeatureKey) -> Note:
        """The note on a feature; an empty one of version 0 when there is none."""
        with self._open() as connection:
            return _read(connection, key)

    def notes(self, population: str | None = None, hook: str | None = None) -> list[Note]:
        """The notes that hold something, of one population and hook point or of all, ordered by key."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT * FROM notes WHERE population = ifnull(?, population) AND hook = ifnull(?, hook)",
                (population, hook),
            ).fetchall()
        return sorted((note for note in map(_note, rows) if not note.is_empty), key=lambda note: note.key)

    def change(self, base: Note, **changes: Any) -> Note:
        """Change parts of a note that was read as `base`; return it as it now lies on the disk.

        changes: any of starred, name, text, lists. Parts that others changed meanwhile stay as they are.
        Lists join and leave one by one.
        Errors: Conflict when they changed one of the same parts to something else (then nothing is written);
        CultureError for a text that is too long, or a file that cannot be written.
        """
        with self._writing() as connection:
            current = _read(connection, base.key)
            if "lists" in changes:
                changes["lists"] = _moved(base.lists, changes["lists"], current.lists)
            wanted = cleaned(replace(current, **changes))
            if any(_clash(part, base, current, wanted) for part in changes):
                raise Conflict(current)
            return _write(connection, current, replace(wanted, sae=base.sae or current.sae))

    def add(self, notes: list[Note]) -> dict[str, int]:
        """Take in notes from elsewhere, all or none; return how many were "new", "merged", "unchanged".

        Nothing is overwritten: see `united`.
        """
        counts = {"new": 0, "merged": 0, "unchanged": 0}
        with self._writing() as connection:
            for note in notes:
                current = _read(connection, note.key)
                both = cleaned(united(current, note))
                if both == current:
                    counts["unchanged"] += 1
                    continue
                counts["new" if current.is_empty else "merged"] += 1
                _write(connection, current, both)
        return counts

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise self._problem(error) from None
        try:
            connection.execute("PRAGMA synchronous = FULL")
            _prepare(connection, self.path)
            yield connection
        except sqlite3.Error as error:
            raise self._problem(error) from None
        finally:
            connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when the block has ended, or undone by an error in it."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _problem(self, error: Exception) -> CultureError:
        return CultureError(
            f"the notes in {self.path} cannot be used ({error}); move the file away, or name another one "
            f"with the variable {NOTES_VARIABLE}"
        )


def notes_path() -> Path:
    """Where the notes lie: $CULTURE_NOTES, or the user's folder for data."""
    chosen = os.environ.get(NOTES_VARIABLE)
    return Path(chosen).expanduser().absolute() if chosen else _data_folder() / "culture" / FILE_NAME


def note_book() -> NoteBook:
    """The reader's stars, names and notes."""
    return NoteBook(notes_path())


def _data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if layout == LAYOUT:
        return
    if layout > LAYOUT:
        raise CultureError(f"the notes in {path} were written by a newer version of this program; update it")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(TABLE)
    connection.execute(f"PRAGMA user_version = {LAYOUT}")


def _read(connection: sqlite3.Connection, key: FeatureKey) -> Note:
    row = connection.execute(
        "SELECT * FROM notes WHERE population = ? AND hook = ? AND model = ? AND feature = ?",
        (key.population, key.hook, key.model_k, key.feature),
    ).fetchone()
    return Note(key) if row is None else _note(row)


def _note(row: tuple[Any, ...]) -> Note:
    *key, starred, name, text, lists, sae, version, changed = row
    return Note(FeatureKey(*key), bool(starred), name, text, tuple(json.loads(lists)), sae, version, changed)


def _write(connection: sqlite3.Connection, current: Note, wanted: Note) -> Note:
    if all(getattr(current, part) == getattr(wanted, part) for part in CONTENT):
        return current
    now = datetime.now(UTC).isoformat(timespec="seconds")
    saved = replace(wanted, version=current.version + 1, changed=now)
    key = saved.key
    connection.execute(
        "INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(key.population, key.hook, key.model_k, key.feature),
            *(int(saved.starred), saved.name, saved.text, json.dumps(saved.lists, ensure_ascii=False)),
            *(saved.sae, saved.version, saved.changed),
        ),
    )
    return saved


def cleaned(note: Note) -> Note:
    """The note as it is kept: no spaces around names, no characters a file cannot hold, lists in order.

    Errors: CultureError for a name, text or list that is too long, or for too many lists.
    """
    name = " ".join(_storable(note.name).split())
    lists = sorted({" ".join(_storable(entry).split()) for entry in note.lists} - {""})
    text = _storable(note.text).replace("\r\n", "\n")
    _at_most(len(name), NAME_LIMIT, "a name", "characters")
    _at_most(len(text), TEXT_LIMIT, "a note", "characters")
    _at_most(len(lists), LISTS_LIMIT, "a feature", "lists")
    _at_most(max(map(len, lists), default=0), LIST_LIMIT, "the name of a list", "characters")
    return replace(note, starred=bool(note.starred), name=name, text=text, lists=tuple(lists))


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _at_most(size: int, limit: int, what: str, unit: str) -> None:
    if size > limit:
        raise CultureError(f"{what} has at most {limit:,} {unit}, this one {size:,}")


def _moved(base: tuple[str, ...], wanted: tuple[str, ...], current: tuple[str, ...]) -> tuple[str, ...]:
    """The lists there are, with what joined or left between `base` and `wanted` joining or leaving them."""
    return tuple((set(current) - (set(base) - set(wanted))) | (set(wanted) - set(base)))


def _clash(part: str, base: Note, current: Note, wanted: Note) -> bool:
    if part == "lists":
        return False
    return getattr(current, part) not in (getattr(base, part), getattr(wanted, part))


def united(mine: Note, other: Note) -> Note:
    """Both notes on one feature in one: stars and lists of either; a name or text that differs is kept below
    what stands there."""
    kept = mine.text
    if other.name and mine.name and other.name != mine.name:
        kept = _below(kept, f"Also named: {other.name}")
    return replace(
        mine,
        starred=mine.starred or other.starred,
        name=mine.name or other.name,
        text=_below(kept, other.text),
        lists=tuple(sorted({*mine.lists, *other.lists})),
        sae=mine.sae or other.sae,
    )


def _below(text: str, more: str) -> str:
    if not more or more in text.split("\n\n") or more == text:
        return text
    return f"{text}\n\n{more}" if text else more
