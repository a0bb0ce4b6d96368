"""Notes that stay in the reader's browser: kept here for one session, stored there.

The server of a group writes nothing. A change is made here at once and handed to the page, which puts it into
the browser's storage and tells what lies there now: also what other windows of the same browser have changed.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from culture_core.errors import CultureError
from dashboard.notes.files import note_of, record_of
from dashboard.notes.note import FeatureKey, Note, added, changed, saved

MOST_NOTES = 5_000


class BrowserBook:
    """The notes of one session, with the methods of a NoteBook."""

    place = "in this browser"

    def __init__(self) -> None:
        self._notes: dict[FeatureKey, Note] = {}
        self._unstored: dict[FeatureKey, str] = {}

    def note(self, key: FeatureKey) -> Note:
        """The note on a feature; an empty one of version 0 when there is none."""
        return self._notes.get(key, Note(key))

    def notes(self, population: str | None = None, hook: str | None = None) -> list[Note]:
        """The notes that hold something, of one population and hook point or of all, ordered by key."""
        found = (note for note in self._notes.values() if not note.is_empty)
        return sorted(
            (
                note
                for note in found
                if population in (None, note.key.population) and hook in (None, note.key.hook)
            ),
            key=lambda note: note.key,
        )

    def change(self, base: Note, **changes: Any) -> Note:
        """Change parts of a note that was read as `base`; return it as it is kept.

        Errors: as NoteBook.change.
        """
        return self._keep(self.note(base.key), changed(base, self.note(base.key), changes))

    def add(self, notes: list[Note]) -> dict[str, int]:
        """Take in notes from elsewhere, all or none; see NoteBook.add."""
        taken: dict[FeatureKey, Note] = {}
        counts = added(
            notes,
            read=lambda key: taken.get(key, self.note(key)),
            write=lambda current, both: taken.update({current.key: both}),
        )
        for note in taken.values():
            self._keep(self.note(note.key), note)
        return counts

    def _keep(self, current: Note, wanted: Note) -> Note:
        kept = saved(current, wanted)
        if kept is not current:
            if len(self._notes) >= MOST_NOTES and kept.key not in self._notes:
                raise CultureError(f"a browser can keep at most {MOST_NOTES:,} notes; export and delete some")
            self._notes[kept.key] = kept
            self._unstored[kept.key] = _stored_text(kept)
        return kept

    def take_up(self, stored: Iterable[Any]) -> None:
        """Take what lies in the browser's storage, a text per note, in place of what was known; changes that
        are not stored yet stay."""
        found: dict[FeatureKey, Note] = {}
        for text in list(stored)[:MOST_NOTES]:
            note = _stored_note(text)
            if note is not None:
                found[note.key] = note
                if self._unstored.get(note.key) == text:
                    del self._unstored[note.key]
        self._notes = found | {key: self._notes[key] for key in self._unstored}

    def unstored(self) -> dict[str, str]:
        """What the browser has still to store: text by name."""
        return {json.dumps(list(_parts(key))): text for key, text in self._unstored.items()}


def _parts(key: FeatureKey) -> tuple[str, str, int, int]:
    return key.population, key.hook, key.model_k, key.feature


def _stored_text(note: Note) -> str:
    record = record_of(note) | {"version": note.version}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _stored_note(text: Any) -> Note | None:
    """A note from a browser, which may send anything; None for what is not one."""
    try:
        record = json.loads(text)
        version, time = record.get("version", 0), record.get("changed", "")
        if not isinstance(version, int) or not isinstance(time, str):
            return None
        return replace(note_of(record), version=version, changed=time[:40])
    except (CultureError, ValueError, TypeError, AttributeError, RecursionError):
        return None
