"""`culture index`: the feature index of every SAE at a hook point."""

import argparse
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings
from culture_core.errors import CultureError
from culture_core.processes import Workers

if TYPE_CHECKING:
    from culture_core.features.index.job import IndexJob

DESCRIPTION = (
    "index every SAE feature of a hook point in one pass over a quiz set: density, histogram, top quizzes"
)
EXAMPLES = (
    "index --population cache/world-1M",
    "index --population cache/world-1M --hook blocks.2.hook_resid_post --models 0,1 --n 8000",
    "index --population cache/world-1M --shard 1/4   # and 2/4 .. 4/4 elsewhere, then culture merge-index",
    "index --population cache/world-1M --engine ray",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_job(parser)
    parser.add_argument(
        "--shard",
        type=shard,
        default=None,
        help="make only every N-th part, starting with the I-th, and do not merge",
        metavar="I/N",
    )
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)


def add_job(parser: argparse.ArgumentParser) -> None:
    """The options that say which indexes are meant."""
    from culture_core.features.index.stage import IndexSettings

    common.add_population(parser)
    common.add_models(parser)
    common.add_hook(parser)
    common.add_variant(parser)
    add_settings(parser, IndexSettings())


def shard(text: str) -> tuple[int, int]:
    """(i, n) from i/n, as in 1/4."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a shard such as 1/4")
    return int(match[1]), int(match[2])


def run(args: argparse.Namespace) -> None:
    from culture_core.features.index.stage import index_saes, make_shard

    device = common.the_device(args)
    jobs, workers = jobs_of(args, device), _one_thread_each(common.the_workers(args, device))
    if args.shard is not None:
        if args.if_stale:
            raise CultureError("--if-stale does not go with --shard, which makes the parts that are missing")
        make_shard(jobs, args.shard, workers=workers)
        return
    show(index_saes(jobs, if_stale=args.if_stale, workers=workers, command=common.command_line()))


def _one_thread_each(workers: Workers) -> Workers:
    """The threads asked for as workers: a part is made on one thread, so that it is the same everywhere."""
    return replace(workers, n=workers.n or workers.threads, threads=1)


def jobs_of(args: argparse.Namespace, device: str = "cpu") -> "list[IndexJob]":
    """One job for each index that the options mean."""
    from culture_core.features.index.stage import IndexSettings, index_jobs

    return index_jobs(
        common.the_population(args),
        args.hook,
        read_settings(args, IndexSettings()),
        models=args.models,
        variant=args.variant,
        device=device,
    )


def show(manifests: list[dict[str, Any]]) -> None:
    """Print the figures of new indexes."""
    print(common.table([{"GPT": manifest["id"], **manifest["figures"]} for manifest in manifests]))
