"""A reader's note on one feature, and what happens to it: changes, conflicts, notes from elsewhere."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from culture_core.errors import CultureError

NAME_LIMIT, TEXT_LIMIT, LIST_LIMIT, LISTS_LIMIT = 120, 20_000, 60, 50
CONTENT = ("starred", "name", "text", "lists")


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


def changed(base: Note, current: Note, changes: dict[str, Any]) -> Note:
    """What stands there now with parts changed by a reader who read `base`.

    changes: any of CONTENT. Parts that others changed meanwhile stay as they are; lists join and leave one
    by one.
    Errors: Conflict when others changed one of the same parts to something else; CultureError for a text that
    is too long.
    """
    if "lists" in changes:
        changes = changes | {"lists": _moved(base.lists, changes["lists"], current.lists)}
    wanted = cleaned(replace(current, **changes))
    if any(_clash(part, base, current, wanted) for part in changes):
        raise Conflict(current)
    return replace(wanted, sae=base.sae or current.sae)


def saved(current: Note, wanted: Note) -> Note:
    """The note as it is kept in place of `current`: itself, with version and time, if anything is new."""
    if all(getattr(current, part) == getattr(wanted, part) for part in CONTENT):
        return current
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(wanted, version=current.version + 1, changed=now)


def added(
    notes: Iterable[Note],
    *,
    read: Callable[[FeatureKey], Note],
    write: Callable[[Note, Note], object],
) -> dict[str, int]:
    """Take in notes from elsewhere; return how many were "new", "merged", "unchanged".

    read: the note on a feature; write: called with it and what takes its place.
    """
    counts = {"new": 0, "merged": 0, "unchanged": 0}
    for note in notes:
        current = read(note.key)
        both = cleaned(united(current, note))
        if both == current:
            counts["unchanged"] += 1
            continue
        counts["new" if current.is_empty else "merged"] += 1
        write(current, both)
    return counts


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
        raise CultureError(f"{what} can have at most {limit:,} {unit}; this one has {size:,}")


def _moved(base: tuple[str, ...], wanted: tuple[str, ...], current: tuple[str, ...]) -> tuple[str, ...]:
    """The lists there are, with what joined or left between `base` and `wanted` joining or leaving them."""
    return tuple((set(current) - (set(base) - set(wanted))) | (set(wanted) - set(base)))


def _clash(part: str, base: Note, current: Note, wanted: Note) -> bool:
    if part == "lists":
        return False
    return getattr(current, part) not in (getattr(base, part), getattr(wanted, part))


def united(mine: Note, other: Note) -> Note:
    """Both notes on one feature in one: stars and lists of either; a name or text that differs is kept below
    the existing one."""
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
