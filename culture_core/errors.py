"""The one error that is meant for users."""

import shlex
from pathlib import Path


class CultureError(Exception):
    """Bad input or a missing artifact: one line that says what is wrong and what to do.

    The CLI prints it without a traceback and exits with 2; the dashboard shows it as a page.
    """


class NothingToMeasure(CultureError):
    """Nothing here is of the kind that was to be measured. `culture build` leaves such a stage out and goes
    on."""


def suggested(command: str, *words: str | Path) -> str:
    """A command to suggest in an error: `culture COMMAND WORDS`."""
    return f"`{typed(command, *words)}`"


def typed(command: str, *words: str | Path) -> str:
    """A command as one types it, culture COMMAND WORDS, with its paths quoted for a shell."""
    return shlex.join(["culture", command, *map(str, words)])
