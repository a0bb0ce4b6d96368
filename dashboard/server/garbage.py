"""Keeps what is loaded once out of Python's garbage collection.

Streamlit collects all garbage after every run of a script. With torch and pandas loaded, that walks over
270,000 objects that live as long as the server, in 0.12 s during which no other session gets on. So after the
first run of a page, when its modules and artifacts are loaded, all that lives then is taken out of the
collector's sight (`gc.freeze`). During that first run nothing is collected at all, which loads the modules a
fifth faster.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_loaded: set[str] = set()


@contextmanager
def loading_once(page: str) -> Iterator[None]:
    """Around the run of a page; does nothing from its second run on."""
    if page in _loaded:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        _loaded.add(page)
        gc.collect()
        gc.freeze()
        gc.enable()
