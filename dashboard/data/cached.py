"""What is opened or computed once and shared by all sessions, until what it was made from changes."""

from collections.abc import Callable, Hashable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from culture_core import artifacts
from culture_core.population import Population

P = ParamSpec("P")
R = TypeVar("R")


def shared(
    made_from: Callable[P, Hashable], *, at_most: int, spinner: str | bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function returns for all sessions; they read it and never write to it.

    made_from: called with the function's arguments; what it returns tells one make of the inputs from
    another, so that a rebuilt artifact shows without a restart. at_most: results kept, the last used ones.
    spinner: what the reader is told while the function runs.
    """

    def decorate(make: Callable[P, R]) -> Callable[P, R]:
        def made(version: Hashable, args: Any, kwargs: Any) -> R:  # noqa: ARG001 - part of the cache's key
            return make(*args, **kwargs)

        # Streamlit tells cached functions apart by their names
        made.__module__, made.__qualname__ = make.__module__, make.__qualname__
        kept = st.cache_resource(
            max_entries=at_most, show_spinner=spinner, hash_funcs={Population: identity}
        )(made)

        @wraps(make)
        def shared_result(*args: P.args, **kwargs: P.kwargs) -> R:
            return kept(made_from(*args, **kwargs), args, kwargs)

        shared_result.clear = kept.clear  # type: ignore[attr-defined]
        return shared_result

    return decorate


def identity(chosen: Population) -> str:
    """What tells populations apart in a cache's key."""
    return str(chosen.folder.root)


def written(folder: Path) -> int | None:
    """When an artifact was written, in nanoseconds; None when it is not there."""
    return changed(folder / artifacts.MANIFEST)


def changed(path: Path) -> int | None:
    """When a file was written, in nanoseconds; None when it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
