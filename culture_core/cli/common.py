"""What several commands share: options, opening a population, reporting."""

import argparse
import sys
from pathlib import Path
from typing import Any

from culture_core import artifacts
from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError


def add_population(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--population", default="cache/world-1M", help="population folder", metavar="cache/NAME"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", default=None, help="also write the report to this file", metavar="FILE")


def add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models", default=None, help="ids of the GPTs (default: all)", type=model_ids, metavar="0,1,.."
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads", default=None, type=positive, help="threads to compute with (default: all cores)"
    )


def add_if_stale(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--if-stale",
        action="store_true",
        help="leave what was made from the present inputs with the same settings as it is",
    )


def use_threads(args: argparse.Namespace) -> None:
    """Tell torch how many threads were asked for."""
    if args.threads is not None:
        import torch

        torch.set_num_threads(args.threads)


def add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", default=None, type=positive, help="processes, a GPT at a time each (default: one a core)"
    )
    add_threads(parser)


def n_workers(args: argparse.Namespace) -> int:
    """The processes asked for, or one a core; a single one where a command computes on a GPU."""
    from culture_core.training.hardware import n_cores

    return args.workers or (n_cores() if getattr(args, "device", "cpu") == "cpu" else 1)


def positive(text: str) -> int:
    """An integer of at least 1, also written 2_000_000 or 2e6."""
    return _whole(text, 1)


def count(text: str) -> int:
    """An integer of at least 0."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    try:
        number = float(text)
        whole = int(number)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if whole != number or whole < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
    return whole


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1")
    return number


def model_ids(text: str) -> list[int]:
    """A list of model ids, as in 0,1,4."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of model ids such as 0,1,4") from None


def add_hook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hook", default=None, help="hook point (default: the only one that has SAEs)")


def add_variant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--variant",
        default="",
        choices=artifacts.VARIANTS,
        help="a baseline: untrained = of a GPT of the same shape with random weights, "
        "reseeded = a second SAE from another seed (default models: the first)",
    )


def open_population(path: str) -> tuple[PopulationFolder, dict[str, Any]]:
    """A population folder and its manifest.

    Errors: CultureError when it is not one.
    """
    folder = PopulationFolder(Path(path))
    if not folder.manifest.is_file():
        known = ", ".join(str(population.root) for population in artifacts.populations()) or "none yet"
        raise CultureError(
            f"{path} is no population folder (no {artifacts.MANIFEST}); make one with `culture convert`. "
            f"In cache/: {known}"
        )
    return folder, artifacts.read_json(folder.manifest)


def chosen_models(manifest: dict[str, Any], wanted: list[int] | None, variant: str = "") -> list[int]:
    """Ids of the GPTs to work on: those asked for, or all; of a baseline the first.

    Errors: CultureError for an id the population has not.
    """
    present = [model["id"] for model in manifest["models"]]
    unknown = [k for k in wanted or [] if k not in present]
    if unknown:
        raise CultureError(f"no GPT {unknown[0]} in this population; it has {', '.join(map(str, present))}")
    return wanted or (present[:1] if variant else present)


def command_line() -> str:
    """The command as it was typed, for manifests."""
    return "culture " + " ".join(sys.argv[1:])


def report_json(path: str | None, report: Any) -> None:
    if path is not None:
        artifacts.write_json(Path(path), report)
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
