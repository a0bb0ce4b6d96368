"""What several commands share: options that mean the same everywhere, and printing."""

import argparse
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.cli.options import add_settings, number, read_settings
from culture_core.cli.options import whole as whole_number
from culture_core.errors import CultureError
from culture_core.models.choice import find_population
from culture_core.places import check_file
from culture_core.processes import Workers

TRAINED = "trained"
# the hook point that commands read unless another is named (saes.choice.the_hook)
WITH_SAES = "the only one with SAEs, or the residual stream at 2/3 depth"
# the entry of a report that names the command that wrote it
MADE_BY = "command"


def add_population(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--population", default="cache/world-1M", help="population folder", metavar="cache/NAME"
    )


def the_population(args: argparse.Namespace) -> PopulationFolder:
    """The folder that --population names. Errors: CultureError when it is not a population's."""
    return find_population(args.population)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", default=None, type=report_file, help="also write the report to this file", metavar="FILE"
    )


def report_file(text: str) -> Path:
    """A file for a report, checked before the work.

    Errors: CultureError when another file is there, or it cannot be written.
    """
    check_file(text, _is_report, "a report of a culture command")
    return Path(text)


def _is_report(path: Path) -> bool:
    try:
        report = artifacts.read_json(path)
    except CultureError:
        return False
    return isinstance(report, dict) and str(report.get(MADE_BY, "")).split()[:1] == ["culture"]


def add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models", default=None, help="ids of the GPTs (default: all)", type=model_ids, metavar="0,1,.."
    )


def add_if_stale(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--if-stale", action="store_true", help="skip artifacts that are up to date")


def add_hook(parser: argparse.ArgumentParser, *, default: str = WITH_SAES, several: bool = False) -> None:
    """--hook. several: names with commas; default: what is taken without, in words."""
    more = "; several, separated by commas, share the forward passes" if several else ""
    parser.add_argument(
        "--hook", default=None, help=f"TransformerLens hook point (default: {default}){more}", metavar="HOOK"
    )


def add_variant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--variant",
        default="",
        type=variant,
        help="which SAEs: those of the trained GPTs (default), of an `untrained` GPT of the same shape, "
        "`reseeded` ones, trained from another seed, or one `joint` dictionary of all GPTs; of the last "
        "three the first GPT's unless --models says otherwise",
        metavar="{trained,untrained,reseeded,joint}",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", default="auto", help="auto (a GPU if there is one), cpu, cuda or cuda:N", metavar="DEVICE"
    )


def the_device(args: argparse.Namespace) -> str:
    """The device asked for. Errors: CultureError when it is not there."""
    from culture_core.processor import find_device

    return str(find_device(args.device))


def add_threads(parser: argparse.ArgumentParser) -> None:
    """--threads alone, of a command that works in one process."""
    add_settings(parser, Workers(), "threads")


def use_threads(args: argparse.Namespace) -> None:
    """Tell torch how many threads were asked for."""
    if args.threads is not None:
        import torch

        torch.set_num_threads(args.threads)


def add_n_workers(parser: argparse.ArgumentParser) -> None:
    """--workers alone, of training, which shares out its threads itself."""
    add_settings(parser, Workers(), "n")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """--workers, --threads, --engine and --ray-address."""
    add_settings(parser, Workers())


def the_workers(args: argparse.Namespace, device: str = "cpu") -> Workers:
    """The workers asked for, which compute on that device."""
    return read_settings(args, Workers()).computing_on(device)


def positive(text: str) -> int:
    """An integer of at least 1, also written 2_000_000 or 2e6."""
    return whole_number(text, 1)


def positive_number(text: str) -> float:
    """A number above 0."""
    return number(text, above=0)


def count(text: str) -> int:
    """An integer of at least 0."""
    return whole_number(text, 0)


def share(text: str) -> float:
    """A number from 0 to 1."""
    return number(text, 0, 1)


def model_ids(text: str) -> list[int]:
    """A list of model ids, as in 0,1,4."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of model ids such as 0,1,4") from None


def variant(text: str) -> str:
    """The name of a variant, as `artifacts.VARIANTS` has it; the trained GPTs' has none."""
    name = "" if text == TRAINED else text
    if name not in artifacts.VARIANTS:
        known = ", ".join((TRAINED, *filter(None, artifacts.VARIANTS)))
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {known}")
    return name


def command_line() -> str:
    """The command as it was typed, for manifests."""
    return shlex.join(["culture", *sys.argv[1:]])


def report_json(path: Path | None, report: Mapping[str, Any], indent: int | None = 1) -> None:
    """Write a report, and the command that made it, where --json says."""
    if path is not None:
        artifacts.write_json(path, {MADE_BY: command_line(), **report}, indent)
        print(f"report written to {path}")


def table(rows: list[dict[str, Any]]) -> str:
    """Rows of equal keys as a plain text table."""
    if not rows:
        return ""
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)) for line in cells
    )


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
