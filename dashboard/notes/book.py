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
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from culture_core.errors import CultureError
from dashboard.notes.note import FeatureKey, Note, added, changed, saved

NOTES_VARIABLE = "CULTURE_NOTES"
FILE_NAME = "notes.sqlite"
LAYOUT = 1
WAIT_SECONDS = 10
TABLE = """
CREATE TABLE IF NOT EXISTS notes (
    population TEXT NOT NULL, hook TEXT NOT NULL, model INTEGER NOT NULL, feature INTEGER NOT NULL,
    starred INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, lists TEXT NOT NULL,
    sae TEXT NOT NULL, version INTEGER NOT NULL, changed TEXT NOT NULL,
    PRIMARY KEY (population, hook, model, feature)
) WITHOUT ROWID
"""


CHOSEN = "SELECT * FROM notes WHERE population = ifnull(?, population) AND hook = ifnull(?, hook)"


class NoteBook:
    """The notes in one file. Safe to share between threads and processes: every call opens the file again.

    Reading needs no right to write, and creates nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def place(self) -> str:
        """Where the notes are, as the reader is told."""
        return f"in {self.path}"

    def note(self, key: FeatureKey) -> Note:
        """The note on a feature; an empty one of version 0 when there is none."""
        with self._reading() as connection:
            return Note(key) if connection is None else _read(connection, key)

    def notes(self, population: str | None = None, hook: str | None = None) -> list[Note]:
        """The notes that hold something, of one population and hook point or of all, ordered by key."""
        with self._reading() as connection:
            rows = [] if connection is None else connection.execute(CHOSEN, (population, hook)).fetchall()
        return sorted((note for note in map(_note, rows) if not note.is_empty), key=lambda note: note.key)

    def change(self, base: Note, **changes: Any) -> Note:
        """Change parts of a note that was read as `base`; return it as it now lies on the disk.

        changes: see note.changed.
        Errors: Conflict (then nothing is written); CultureError for a text that is too long, or a file that
        cannot be written.
        """
        with self._writing() as connection:
            current = _read(connection, base.key)
            return _write(connection, current, changed(base, current, changes))

    def add(self, notes: list[Note]) -> dict[str, int]:
        """Take in notes from elsewhere, all or none; return how many were "new", "merged", "unchanged".

        Nothing is overwritten: see `united`.
        """
        with self._writing() as connection:
            return added(
                notes,
                read=lambda key: _read(connection, key),
                write=lambda current, both: _write(connection, current, both),
            )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The file as it is; None where there is none yet."""
        try:
            connection = self._opened_to_read() if self.path.is_file() else None
        except (OSError, sqlite3.Error) as error:
            raise self._problem("read", error) from None
        try:
            yield connection
        except sqlite3.Error as error:
            raise self._problem("read", error) from None
        finally:
            if connection is not None:
                connection.close()

    def _opened_to_read(self) -> sqlite3.Connection:
        """Where no file may be made beside the notes, they are read without looking for other writers."""
        with suppress(sqlite3.OperationalError):
            return self._connected()
        address = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
        return _prepared(sqlite3.connect(address, uri=True, isolation_level=None), self.path)

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
        return _prepared(connection, self.path)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when the block has ended, or undone by an error in it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connected()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except (OSError, sqlite3.Error) as error:
            raise self._problem("written", error) from None

    def _problem(self, done: str, error: Exception) -> CultureError:
        return CultureError(
            f"the notes in {self.path} cannot be {done} ({_reason(error)}); name another file with the "
            f"variable {NOTES_VARIABLE}"
        )


def notes_path() -> Path:
    """Where the notes lie: $CULTURE_NOTES, or the user's folder for data."""
    chosen = os.environ.get(NOTES_VARIABLE)
    return Path(chosen).expanduser().absolute() if chosen else _data_folder() / "culture" / FILE_NAME


def note_book() -> NoteBook:
    """The reader's stars, names and notes."""
    return NoteBook(notes_path())


def _reason(error: Exception) -> str:
    return (error.strerror or "no reason given") if isinstance(error, OSError) else str(error)


def _data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def _prepared(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """The connection, to a file of our layout; closed again when that cannot be."""
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA synchronous = FULL")
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
    kept = saved(current, wanted)
    if kept is current:
        return current
    key = kept.key
    connection.execute(
        "INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(key.population, key.hook, key.model_k, key.feature),
            *(int(kept.starred), kept.name, kept.text, json.dumps(kept.lists, ensure_ascii=False)),
            *(kept.sae, kept.version, kept.changed),
        ),
    )
    return kept
