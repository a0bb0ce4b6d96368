"""`culture merge-index`: indexes from parts that `culture index --shard` made, here or elsewhere."""

import argparse
from pathlib import Path

from culture_core.cli import common
from culture_core.cli.index import add_job, jobs_of, show

DESCRIPTION = "merge the parts that `culture index --shard` made into indexes, exactly as one run makes them"
EXAMPLES = (
    "merge-index --population cache/world-1M",
    "merge-index --population cache/world-1M --from /mnt/other/cache/world-1M",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_job(parser)
    parser.add_argument(
        "--from",
        dest="others",
        nargs="+",
        default=(),
        type=Path,
        help="copies of the population on other machines, to take parts from",
        metavar="cache/NAME",
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.features.index.stage import merge_indexes

    show(merge_indexes(jobs_of(args), args.others, command=common.command_line()))
