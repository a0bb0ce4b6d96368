"""`culture index`: the feature index of every SAE at a hook point."""

import argparse
import re
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from culture_core import artifacts
from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder
from culture_core.cli import common
from culture_core.errors import CultureError
from culture_core.features.index.quiz_set import QuizSet

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
TRAINED = "trained"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.features.index.engines import ENGINES

    add_job(parser)
    parser.add_argument(
        "--shard",
        type=shard,
        default=None,
        help="only make every n-th part from the i-th on, without merging",
        metavar="I/N",
    )
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="who makes the parts")
    parser.add_argument(
        "--ray-address", default=None, help="a running Ray cluster (default: one on this machine)"
    )
    common.add_if_stale(parser)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument(
        "--threads",
        default=None,
        type=common.positive,
        help="processes side by side, of one thread each (default: one a core)",
    )


def add_job(parser: argparse.ArgumentParser) -> None:
    """The options that say which indexes are meant."""
    from culture_core.features.index.job import BATCH, PART

    default = QuizSet()
    common.add_population(parser)
    common.add_models(parser)
    parser.add_argument("--hook", default=None, help="hook point (default: the only one that has SAEs)")
    parser.add_argument(
        "--variant",
        choices=(TRAINED, UNTRAINED, RESEEDED),
        default=TRAINED,
        help="the SAEs to index: those of the GPTs, or of a baseline",
    )
    parser.add_argument("--n", type=common.positive, default=default.n, help="quizzes, the tasks in turn")
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of the quiz set")
    parser.add_argument("--batch-size", type=common.positive, default=BATCH, help="quizzes a forward pass")
    parser.add_argument("--part-size", type=common.positive, default=PART, help="quizzes between two saves")


def shard(text: str) -> tuple[int, int]:
    """(i, n) from i/n, as in 1/4."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a shard such as 1/4")
    return int(match[1]), int(match[2])


def run(args: argparse.Namespace) -> None:
    from culture_core.features.index.store import is_current
    from culture_core.features.index.write import write_index

    jobs = [replace(job, device=args.device) for job in jobs_of(args)]
    if args.shard is not None:
        _make_parts(args, jobs)
        return
    with ExitStack() as stack:
        for job in jobs:
            stack.enter_context(artifacts.alone(job.index))
        stale = [job for job in jobs if not (args.if_stale and is_current(job))]
        for job in jobs:
            if job not in stale:
                print(f"GPT {job.model_k}: the index is up to date")
        _make_parts(args, stale)
        report([write_index(job, common.command_line()) for job in stale])


def _make_parts(args: argparse.Namespace, jobs: "list[IndexJob]") -> None:
    from culture_core.features.index.engines import make_parts

    make_parts(
        jobs,
        shard=args.shard or (1, 1),
        engine=args.engine,
        workers=args.threads,
        address=args.ray_address,
        progress=f"indexing {len(jobs)} SAEs",
    )


def jobs_of(args: argparse.Namespace) -> "list[IndexJob]":
    """One job for each index that the options mean."""
    from culture_core.features.index.job import IndexJob

    population, manifest = common.open_population(args.population)
    variant = "" if args.variant == TRAINED else args.variant
    return [
        IndexJob(
            population,
            the_hook(population, args.hook),
            model_k,
            variant,
            QuizSet(n=args.n, seed=args.seed),
            args.batch_size,
            args.part_size,
        )
        for model_k in common.chosen_models(manifest, args.models, variant)
    ]


def report(manifests: list[dict[str, Any]]) -> None:
    """Print the figures of new indexes."""
    print(common.table([{"GPT": manifest["id"], **manifest["figures"]} for manifest in manifests]))


def the_hook(population: PopulationFolder, hook: str | None) -> str:
    """The hook point asked for, or the only one there is.

    Errors: CultureError when it has no SAEs, or when there are several to choose from.
    """
    hooks = population.hooks()
    if hook is None and len(hooks) == 1:
        return hooks[0]
    if hook in hooks:
        return hook
    known = ", ".join(hooks) or "none; run `culture train-sae`"
    wanted = "say which with --hook" if hook is None else f"none at {hook!r}"
    raise CultureError(f"SAEs in {population.root}: {wanted}; there are: {known}")
