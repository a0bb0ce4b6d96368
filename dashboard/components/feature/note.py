"""The reader's star, name, lists and note on one feature; each change is saved at once."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from culture_core.errors import CultureError
from dashboard.components.page.notes import feature_key, note_book, switch_star
from dashboard.components.page.scope import Scope
from dashboard.components.page.sentence import capitalised
from dashboard.data.population import measurements
from dashboard.notes.note import Conflict, FeatureKey, Note, united

PENDING = "note.pending"
WORDS = {"name": "name", "text": "note", "lists": "lists"}


@dataclass(frozen=True)
class Pending:
    """What the reader wrote and is not saved, as another window wrote `current` or there was a problem."""

    part: str
    mine: Any
    current: Note
    problem: str = ""


def star_button(scope: Scope, model_k: int, feature: int) -> None:
    """A button that stars the feature or takes its star away; none when the notes cannot be read."""
    try:
        starred = note_book().note(feature_key(scope, model_k, feature)).starred
    except CultureError:
        return
    st.button(
        "Starred" if starred else "Star",
        icon=":material/star:",
        type="primary" if starred else "secondary",
        help="Take it off your stars" if starred else "Keep it among your stars",
        key="star",
        on_click=switch_star,
        args=(scope, model_k, feature),
    )


def show_name(scope: Scope, model_k: int, feature: int) -> None:
    """The reader's name for the feature, as plain text; nothing where there is none."""
    try:
        name = note_book().note(feature_key(scope, model_k, feature)).name
    except CultureError:
        return
    if name:
        st.text(name, width="content")


def feature_note(scope: Scope, model_k: int, feature: int) -> None:
    """Draw the note on a feature.

    What is typed is saved when the field is left. Where another window has changed the same field
    meanwhile, both versions are shown and nothing is overwritten.
    """
    sae = measurements.sae_hash(scope.population, scope.hook, model_k)
    try:
        note = note_book().note(feature_key(scope, model_k, feature))
        known = sorted({name for kept in note_book().notes() for name in kept.lists})
    except CultureError as error:
        st.warning(str(error), icon=":material/edit_off:", title="Your notes cannot be read")
        return
    question = st.container()
    base = replace(note, sae=sae)
    # no limits here: Streamlit would drop a text that is too long without a word
    st.text_input("Name", placeholder="what you call it", **_field(base, "name"))
    st.multiselect(
        "Lists",
        sorted({*known, *note.lists}),
        accept_new_options=True,
        placeholder="choose, or type a new one",
        **_field(base, "lists"),
    )
    st.text_area(
        "Note",
        height=100,
        placeholder="what you think it does",
        **_field(base, "text"),
    )
    st.caption(status(note, sae))
    # drawn last: it can be answered only once the fields show what is kept
    with question:
        for pending in list(_unsaved().values()):
            if pending.current.key == note.key:
                show_pending(pending, note)


def status(note: Note, sae: str) -> str:
    """What there is to say about a note: when it was saved, and whether the feature is still the same."""
    if note.is_empty:
        return f"Kept {note_book().place}; saved whenever you leave a field."
    saved = f"Saved {note.changed.replace('T', ' ').removesuffix('+00:00')} UTC."
    if note.sae and note.sae != sae:
        saved += " It was written on another SAE that stood here before: the feature may be a different one."
    return saved


def _field(base: Note, part: str) -> dict[str, Any]:
    """Arguments that tie a widget to a part of the note: it shows what is kept and saves what is entered.

    A value is set only where it differs: setting it anew would wipe out what is being typed.
    """
    key = f"note.{part}.{base.key}"
    kept = getattr(base, part)
    kept = list(kept) if part == "lists" else kept
    if st.session_state.get(key) != kept:
        st.session_state[key] = kept
    return {"key": key, "on_change": _store, "args": (base, part, key)}


def _store(base: Note, part: str, key: str) -> None:
    mine = st.session_state[key]
    save(base, part, tuple(mine) if part == "lists" else mine)


def save(base: Note, part: str, mine: Any) -> None:
    """Save a part of the note read as `base`; where that fails it is kept as pending."""
    _change(base, {part: mine}, part, mine)


def keep_both(note: Note, pending: Pending) -> None:
    """Put what could not be saved below what is kept; where that fails it stays pending."""
    mine = Note(note.key, **{pending.part: pending.mine})
    _change(note, {"text": united(note, mine).text}, pending.part, pending.mine)


def drop(pending: Pending) -> None:
    """Forget what could not be saved."""
    _unsaved().pop((pending.current.key, pending.part), None)


def _change(base: Note, changes: dict[str, Any], part: str, mine: Any) -> None:
    """Change the note read as `base`; `mine`, of that part, is pending until this works."""
    try:
        note_book().change(base, **changes)
        _unsaved().pop((base.key, part), None)
    except Conflict as conflict:
        _unsaved()[base.key, part] = Pending(part, mine, conflict.current)
    except CultureError as error:
        _unsaved()[base.key, part] = Pending(part, mine, base, str(error))


def _unsaved() -> dict[tuple[FeatureKey, str], Pending]:
    """What is pending in this session, by feature and part."""
    kept: dict[tuple[FeatureKey, str], Pending] = st.session_state.setdefault(PENDING, {})
    return kept


def show_pending(pending: Pending, note: Note) -> None:
    """Show what could not be saved beside what is kept, and let the reader choose."""
    word = WORDS[pending.part]
    if pending.problem:
        st.error(
            f"{capitalised(pending.problem)}.",
            icon=":material/save:",
            title=f"Your {word} is not saved",
        )
    else:
        st.warning(
            "Nothing is lost: choose what to keep.",
            icon=":material/call_split:",
            title=f"Another window changed this {word} meanwhile",
        )
        st.caption("There it says")
        st.code(str(getattr(note, pending.part)), language=None, wrap_lines=True)
    st.caption("You wrote")
    st.code(str(pending.mine), language=None, wrap_lines=True)
    part = pending.part
    with st.container(horizontal=True):
        st.button("Save mine", key=f"note.mine.{part}", on_click=save, args=(note, part, pending.mine))
        if not pending.problem:
            st.button("Keep both", key=f"note.both.{part}", on_click=keep_both, args=(note, pending))
        st.button("Drop mine", key=f"note.drop.{part}", on_click=drop, args=(pending,))
