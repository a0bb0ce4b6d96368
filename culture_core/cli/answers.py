"""`culture answers`: the quizzes to browse, with every GPT's answer."""

import argparse
from typing import TYPE_CHECKING

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.answers.browse import BrowseSet

DESCRIPTION = "answer a set of world, unseen and culture quizzes with every GPT, for the dashboard"
EXAMPLES = ("answers --population cache/world-1M --n 400",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.answers.browse import BrowseSettings

    common.add_population(parser)
    add_settings(parser, BrowseSettings())
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.answers.browse import BrowseSettings
    from culture_core.answers.stage import answer_population

    common.use_threads(args)
    settings = read_settings(args, BrowseSettings())
    population, command = common.the_population(args), common.command_line()
    device = common.the_device(args)
    show(answer_population(population, settings, if_stale=args.if_stale, device=device, command=command))


def show(browse: "BrowseSet | None") -> None:
    """Print the share that each GPT answers right, by source of the quizzes."""
    import numpy as np

    if browse is None:
        return
    sources = np.array(browse.quizzes.source_names())
    rows = [
        {"GPT": k} | {source: float(correct[sources == source].mean()) for source in dict.fromkeys(sources)}
        for k, correct in zip(browse.models, browse.correct, strict=True)
    ]
    print(common.table(rows))
