"""`culture build`: everything the dashboard needs, from a population."""

import argparse
from collections.abc import Sequence

from culture_core.cli import common

DESCRIPTION = (
    "make everything the dashboard needs from a population: evaluation, answers, SAEs, indexes, matches"
)
EXAMPLES = ("build --population cache/world-1M",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.cli.main import build_parser

    common.open_population(args.population)
    stages: Sequence[Sequence[str]] = (
        ("evaluate", "--source", args.population, "--save"),
        ("answers", "--population", args.population),
        ("train-sae", "--population", args.population),
        ("index", "--population", args.population),
        ("match", "--population", args.population),
    )
    for stage in stages:
        print(f"\nculture {' '.join(stage)}")
        stage_args = build_parser().parse_args(stage)
        stage_args.run(stage_args)
