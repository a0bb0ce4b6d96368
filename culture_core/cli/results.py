"""`culture results`: the page of results, from the artifacts of a population."""

import argparse
from pathlib import Path

from culture_core.cli import common

DESCRIPTION = "write the page of results from the artifacts of a population, with pictures of matched groups"
EXAMPLES = (
    "results --population cache/mine",
    "results --population cache/world-1M --out docs/results.md",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    common.add_hook(parser)
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        help="the page to write (default: results.md in the population's folder)",
        metavar="FILE",
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.results.stage import write_population_results

    show(write_population_results(common.the_population(args), args.hook, out=args.out))


def show(page: Path) -> None:
    print(f"results written to {page}")
