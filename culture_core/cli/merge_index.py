"""`culture merge-index`: indexes from parts that `culture index --shard` made, here or elsewhere."""

import argparse
from pathlib import Path

from culture_core import artifacts
from culture_core.cli import common
from culture_core.cli.index import add_job, jobs_of, report

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
        help="the same population on other machines, whose parts are taken too",
        metavar="cache/NAME",
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.features.index.gather import gather_parts
    from culture_core.features.index.write import write_index

    manifests = []
    for job in jobs_of(args):
        with artifacts.alone(job.index):
            gather_parts(job, args.others)
            manifests.append(write_index(job, common.command_line()))
    report(manifests)
