"""Command-line options from the fields of a dataclass of settings (culture_core/settings.py)."""

import argparse
import math
import types
from collections.abc import Callable, Iterator
from dataclasses import Field, fields, is_dataclass, replace
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from culture_core.settings import HELP

Settings = TypeVar("Settings")


def add_settings(
    parser: argparse._ActionsContainer, settings: Any, *names: str, if_given: bool = False
) -> None:
    """An option for each field that is a `setting`, those of nested settings too; defaults: as in `settings`.

    names: the fields that become options (default: all). if_given: an option that is left out changes nothing
    in the settings that `read_settings` is given, whatever those are then.
    """
    hints = get_type_hints(type(settings))
    for field, value in _values(settings):
        if is_dataclass(value):
            add_settings(parser, value, if_given=if_given)
        elif HELP in field.metadata and (not names or field.name in names):
            _add(parser, field, hints[field.name], argparse.SUPPRESS if if_given else value)


def read_settings(args: argparse.Namespace, settings: Settings, **given: Any) -> Settings:
    """These settings with what the command line says; given: fields that are no options."""
    changed = {}
    for field, value in _values(settings):
        if is_dataclass(value) and field.name not in given:
            changed[field.name] = read_settings(args, value)
        elif HELP in field.metadata and hasattr(args, _destination(field)):
            changed[field.name] = getattr(args, _destination(field))
    return replace(settings, **{**changed, **given})  # type: ignore[type-var]


def _values(settings: Any) -> Iterator[tuple[Field[Any], Any]]:
    return ((field, getattr(settings, field.name)) for field in fields(settings))


def _names(field: Field[Any]) -> tuple[str, ...]:
    names = field.metadata["option"] or field.name.replace("_", "-")
    return (names,) if isinstance(names, str) else names


def _destination(field: Field[Any]) -> str:
    return _names(field)[0].replace("-", "_")


def _add(parser: argparse._ActionsContainer, field: Field[Any], hint: Any, default: Any) -> None:
    flags = [f"--{name}" for name in _names(field)]
    common: dict[str, Any] = {
        "dest": _destination(field),
        "default": default,
        "help": field.metadata[HELP].replace("%", "%%"),
    }
    kind = _plain(hint)
    if kind is bool:
        parser.add_argument(*flags, action="store_true", **common)
        return
    choices, metavar = field.metadata["choices"], field.metadata["metavar"]
    parser.add_argument(*flags, type=_parser(kind, field), choices=choices, metavar=metavar, **common)


def _plain(hint: Any) -> Any:
    """The type behind `X | None`."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint


def _parser(kind: Any, field: Field[Any]) -> Callable[[str], Any]:
    least, above, most = (field.metadata[bound] for bound in ("least", "above", "most"))
    if kind is int:
        return lambda text: whole(text, least)
    if kind is float:
        return lambda text: number(text, least, most, above=above)
    return kind


def whole(text: str, least: float | None = None) -> int:
    """A whole number, also written 2_000_000 or 2e6.

    Errors: argparse's, with what is wrong.
    """
    try:
        value = int(text)
    except ValueError:
        value = _round_number(text)
    if least is not None and value < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least:g}")
    return value


def _round_number(text: str) -> int:
    try:
        value = float(text)
        rounded = int(value)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if rounded != value:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return rounded


def number(
    text: str, least: float | None = None, most: float | None = None, *, above: float | None = None
) -> float:
    """A finite number within bounds, each included but for `above`.

    Errors: argparse's, with what is wrong.
    """
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    if above is not None and value <= above:
        raise argparse.ArgumentTypeError(f"{text!r} is not above {above:g}")
    too_low, too_high = least is not None and value < least, most is not None and value > most
    if too_low or too_high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {_bounds(least, most)}")
    return value


def _bounds(least: float | None, most: float | None) -> str:
    if most is None:
        return f"at least {least:g}"
    return f"at most {most:g}" if least is None else f"between {least:g} and {most:g}"
