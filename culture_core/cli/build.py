"""`culture build`: everything the dashboard needs, from a population."""

import argparse
import time
from typing import Any

from culture_core.cli import common

DESCRIPTION = (
    "make everything the dashboard needs from a population: evaluation, answers, SAEs, indexes, matches"
)
EXAMPLES = ("build --population cache/world-1M", "build --population cache/world-1M --force")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument("--force", action="store_true", help="make everything anew, also what is up to date")


def stages(population: str) -> list[list[str]]:
    """The commands that build a population, in order; those that can tell leave alone what is up to date."""
    return [
        ["evaluate", "--source", population, "--save", "--if-stale"],
        ["answers", "--population", population, "--if-stale"],
        ["train-sae", "--population", population, "--baselines", "--if-stale"],
        ["evaluate-sae", "--population", population, "--if-stale"],
        ["index", "--population", population, "--if-stale"],
        ["index", "--population", population, "--variant", "untrained", "--if-stale"],
        ["index", "--population", population, "--variant", "reseeded", "--if-stale"],
        ["grade", "--population", population, "--if-stale"],
        ["probe", "--population", population, "--if-stale"],
        ["match", "--population", population, "--if-stale"],
        ["causal", "--population", population, "--if-stale"],
        ["circuits", "--population", population, "--if-stale"],
        ["results", "--population", population],
    ]


def run(args: argparse.Namespace) -> None:
    from culture_core.cli.main import build_parser

    common.open_population(args.population)
    rows: list[dict[str, Any]] = []
    for stage in stages(args.population):
        command = [word for word in stage if word != "--if-stale" or not args.force]
        print(f"\nculture {' '.join(command)}", flush=True)
        started = time.time()
        stage_args = build_parser().parse_args(command)
        stage_args.run(stage_args)
        rows.append({"stage": stage[0], "seconds": round(time.time() - started, 1)})
    total = {"stage": "all", "seconds": round(sum(row["seconds"] for row in rows), 1)}
    print("\n" + common.table([*rows, total]))
