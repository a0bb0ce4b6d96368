"""What is there of a population, for pages that leave out the rest."""

from collections.abc import Callable
from typing import TypeVar

from culture_core.errors import CultureError

T = TypeVar("T")


def if_there(read: Callable[[], T]) -> T | None:
    """What an artifact says; None where it is missing or not to be read."""
    try:
        return read()
    except CultureError:
        return None
