"""Settings: frozen dataclasses whose fields document their meaning and the values they take.

The command line is derived from them (culture_core/cli/options.py), so nothing is typed twice.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from culture_core.errors import CultureError

HELP = "help"


def setting(
    default: Any,
    help: str,
    *,
    option: str | tuple[str, ...] | None = None,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] | None = None,
    metavar: str | None = None,
) -> Any:
    """A field of a dataclass of settings.

    help: what it means, as `--help` shows it. option: its name (or names) on the command line, without dashes
    (default: the field's). least, most: bounds of a number, each included; above: one that is
    not. choices: the values of a text.
    """
    facts = {"help": help, "option": option, "least": least, "above": above, "most": most}
    return dataclasses.field(default=default, metadata={**facts, "choices": choices, "metavar": metavar})


def quizzes_in_turn(default: int, *, help: str = "quizzes, the tasks in turn", least: int = 1) -> Any:
    """The field behind `--n`, which means the same in every command: how many quizzes."""
    return setting(default, help, option="n", least=least, metavar="N")


def check_ranges(possible: Mapping[str, bool]) -> None:
    """possible: by "what was given: what it takes", as in "--k 9: 1 to 8", whether it is possible.

    Errors: CultureError about the first that is not.
    """
    for needed, is_possible in possible.items():
        if not is_possible:
            given, _, what = needed.partition(": ")
            raise CultureError(f"{given} is out of range; it takes {what}")
