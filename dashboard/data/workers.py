"""Threads in which GPTs are run side by side, one per core."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_workers = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="gpt")


def side_by_side(
    work: Callable[[Item], Result], items: Sequence[Item], tell: Callable[[float], object] | None = None
) -> list[Result]:
    """The results of some work that does not touch Streamlit, as many items at a time as there are cores.

    tell: called with the share that is done, in the calling thread.
    """
    results = []
    for result in _workers.map(work, items):
        results.append(result)
        if tell is not None:
            tell(len(results) / len(items))
    return results
