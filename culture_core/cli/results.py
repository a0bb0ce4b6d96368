"""`culture results`: the page of results, from the artifacts of a population."""

import argparse
from pathlib import Path

from culture_core.cli import common
from culture_core.cli.index import the_hook

DESCRIPTION = "write the page of results from the artifacts of a population, with pictures of matched groups"
EXAMPLES = (
    "results --population cache/world-1M",
    "results --population cache/mine --out /tmp/mine/results.md",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument("--hook", default=None, help="hook point (default: the only one that has SAEs)")
    parser.add_argument(
        "--out", type=Path, help="the page to write (default: docs/results.md beside the population's cache/)"
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.results.page import write_results

    population, _ = common.open_population(args.population)
    hook = the_hook(population, args.hook)
    out = args.out or population.root.parent.parent / "docs" / "results.md"
    write_results(population, hook, out, f"culture results --population {args.population}")
    print(f"results written to {out}")
