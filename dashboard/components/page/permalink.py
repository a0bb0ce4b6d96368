"""The URL is the state of a view: widgets show what it says and write into it, so every view is a link."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from culture_core.errors import CultureError
from dashboard.data.choices import one_of
from dashboard.data.words.foreign_text import quoted

PREFIX, PAGE = "bound.", "permalink.page"


def enter(name: str) -> None:
    """Say which page is drawn. The widgets of the page before are forgotten: those of the same name would
    else be taken for drawn, and not show what the URL says."""
    if page() == name:
        return
    st.session_state[PAGE] = name
    for key in [key for key in st.session_state if str(key).startswith(PREFIX)]:
        del st.session_state[key]


def page() -> str:
    """The page that is drawn; "" before one is."""
    return st.session_state.get(PAGE, "")


def read(name: str) -> str | None:
    """A query parameter, or None."""
    return st.query_params.get(name)


def read_all() -> dict[str, str]:
    """All query parameters."""
    return st.query_params.to_dict()


def read_number(name: str, low: int, high: int, default: int, *, of: str = "") -> int:
    """A query parameter that must be a whole number from low to high; `default` when it is not there.

    Errors: CultureError that names the range; `of` says of what.
    """
    value = read(name)
    if value is None:
        return default
    if value.isascii() and value.isdigit() and len(value) <= 12 and low <= int(value) <= high:
        return int(value)
    where = f" of {of}" if of else ""
    raise CultureError(f"there is no {name} {quoted(value)}{where}; they run from {low} to {high}")


def read_choice(name: str, options: dict[str, str] | list[str], default: str) -> str:
    """A query parameter that must be one of some names; `default` when it is not there.

    Errors: CultureError that lists them.
    """
    value = read(name)
    return default if value is None else one_of(name, value, options)


def write(**parameters: Any) -> None:
    """Set query parameters (None removes one), all at once, so that Back undoes them at once. For callbacks:
    the script that follows reads them."""
    wanted = {name: str(value) for name, value in {**read_all(), **parameters}.items() if value is not None}
    if wanted != read_all():
        st.query_params.from_dict(wanted)


def bound(
    name: str,
    current: Any,
    *,
    resets: tuple[str, ...] = (),
    encode: Callable[[Any], Any] = lambda value: value,
) -> dict[str, Any]:
    """Arguments that tie a widget to a query parameter: it shows `current` and writes what the user chooses.

    resets: parameters that lose their meaning when this one changes. encode: what is written for a value of
    the widget; None removes the parameter.
    """
    key = f"{PREFIX}{name}"
    if st.session_state.get(key) != current or key not in st.session_state:
        st.session_state[key] = current
    return {"key": key, "on_change": _store, "args": (name, key, resets, encode)}


def _store(name: str, key: str, resets: tuple[str, ...], encode: Callable[[Any], Any]) -> None:
    write(**{name: encode(st.session_state[key])}, **dict.fromkeys(resets))
