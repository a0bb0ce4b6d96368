"""Names from links and forms, checked against those there are."""

from collections.abc import Collection

from culture_core.errors import CultureError
from dashboard.data.words.foreign_text import quoted

EVERYTHING = "any"


def one_of(kind: str, name: str, known: Collection[str]) -> str:
    """The name itself.

    Errors: CultureError that lists the known names, for any other.
    """
    if name in known:
        return name
    raise CultureError(f"there is no {kind} {quoted(name)}; there are: {', '.join(known)}")
