"""`culture build`: everything the dashboard needs, from a population."""

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from culture_core.cli import (
    answers,
    causal,
    circuits,
    common,
    evaluate,
    evaluate_sae,
    grade,
    index,
    match,
    probe,
    results,
    train_sae,
)

if TYPE_CHECKING:
    from culture_core.build import Stage

DESCRIPTION = (
    "make everything the dashboard needs from a population: evaluation, answers, SAEs, indexes, matches"
)
EXAMPLES = ("build --population cache/world-1M", "build --population cache/world-1M --force")
SHOW: dict[str, Callable[[Any], None]] = {
    "evaluate": evaluate.show,
    "answers": answers.show,
    "train-sae": train_sae.show,
    "evaluate-sae": evaluate_sae.show,
    "index": index.show,
    "grade": grade.show,
    "probe": probe.show,
    "match": match.show,
    "causal": causal.show,
    "circuits": circuits.show,
    "results": results.show,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument("--force", action="store_true", help="make everything again, even what is up to date")
    common.add_device(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.build import build_stages

    population, device = common.the_population(args), common.the_device(args)
    stages = build_stages(
        population,
        force=args.force,
        device=device,
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    rows = [_run(stage) for stage in stages]
    total = {"stage": "all", "seconds": round(sum(row["seconds"] for row in rows), 1)}
    print("\n" + common.table([*rows, total]))


def _run(stage: "Stage") -> dict[str, Any]:
    print(f"\nculture {stage.name} {stage.words}".rstrip(), flush=True)
    started = time.time()
    SHOW[stage.name](stage.run())
    return {"stage": stage.name, "seconds": round(time.time() - started, 1)}
