"""`culture build`: everything the dashboard needs, from a population."""

import argparse
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from culture_core.artifacts import PopulationFolder
from culture_core.cli import (
    answers,
    causal,
    circuits,
    common,
    evaluate,
    evaluate_sae,
    families,
    grade,
    heads,
    index,
    joint,
    layers,
    match,
    novelty,
    probe,
    results,
    trace,
    train_sae,
    transfer,
)
from culture_core.cli.options import add_settings, read_settings
from culture_core.errors import NothingToMeasure

if TYPE_CHECKING:
    from culture_core.build import BuildPlan, Stage

DESCRIPTION = (
    "make everything the dashboard needs from a population: evaluation, answers, SAEs, indexes, matches"
)
EXAMPLES = (
    "build --population cache/world-1M",
    "build --population cache/mine --hooks all-blocks,blocks.2.hook_mlp_out --width 32 --k 32",
    "build --population cache/mine --plan",
    "build --population cache/world-1M --force",
)
SHOW: dict[str, Callable[[Any], None]] = {
    "evaluate": evaluate.show,
    "answers": answers.show,
    "novelty": novelty.show,
    "train-sae": train_sae.show,
    "evaluate-sae": evaluate_sae.show,
    "index": index.show,
    "grade": grade.show,
    "probe": probe.show,
    "match": match.show,
    "causal": causal.show,
    "families": families.show,
    "joint": joint.show,
    "transfer": transfer.show,
    "layers": layers.show,
    "circuits": circuits.show,
    "heads": heads.show,
    "trace": trace.show_stage,
    "results": results.show,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.features.index.quiz_set import QuizSet
    from culture_core.saes.training_stage import DEFAULTS

    common.add_population(parser)
    parser.add_argument("--force", action="store_true", help="rebuild even what is up to date")
    plan = parser.add_argument_group(
        "the plan", "kept in cache/NAME/build.toml, so that a later `culture build` needs none of these"
    )
    plan.add_argument(
        "--hooks",
        default=None,
        metavar="HOOK,..",
        help="hook points that get SAEs, separated by commas; all-blocks is the residual stream after every "
        "block (default without a plan: the residual stream at 2/3 depth)",
    )
    add_settings(plan, DEFAULTS, if_given=True)
    add_settings(plan, QuizSet(), "n", if_given=True)
    parser.add_argument(
        "--plan",
        action="store_true",
        help="build nothing; print the plan and how long each stage would take here from scratch, measured "
        "on small trials",
    )
    common.add_device(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.build import BuildOptions, build_stages, plan_of, write_plan

    population, device = common.the_population(args), common.the_device(args)
    plan = _plan(args, population)
    if args.plan:
        _show_plan(args, population, plan, device)
        return
    options = BuildOptions(
        if_stale=not args.force,
        device=device,
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    stages = build_stages(population, plan, options)
    if plan != plan_of(population):
        write_plan(population, plan)
    rows = [_run(stage) for stage in stages if not _left_out(stage)]
    total = {"stage": "all", "seconds": round(sum(row["seconds"] for row in rows), 1)}
    print("\n" + common.table([*rows, total]))


def _plan(args: argparse.Namespace, population: PopulationFolder) -> "BuildPlan":
    """The population's plan with what the command line changes, checked."""
    from culture_core.build import changed, hooks_named, plan_of
    from culture_core.features.index.quiz_set import QuizSet
    from culture_core.saes.training_stage import check_trainable

    plan = plan_of(population)
    hooks = hooks_named(population, args.hooks) if args.hooks is not None else plan.hooks
    n = read_settings(args, QuizSet(n=plan.n)).n
    plan = changed(plan, hooks, read_settings(args, plan.sae), n)
    check_trainable(population, [plan.sae_settings(hook) for hook in plan.hooks])
    return plan


def _show_plan(
    args: argparse.Namespace, population: PopulationFolder, plan: "BuildPlan", device: str
) -> None:
    """Print what would be built, and what each stage would take."""
    from culture_core.build.rehearsal import rehearse

    print(f"{plan.sae.architecture} SAEs, {plan.n:,} quizzes per index, at {', '.join(plan.hooks)}\n")
    workers = common.the_workers(args, device)
    found = rehearse(population, plan, device=device, workers=workers, progress=True)
    rows = [{"stage": one.name, "time": _duration(one.seconds)} for one in found.stages]
    print(common.table([*rows, {"stage": "all", "time": _duration(found.seconds)}]))
    print(f"\nweights of the SAEs: {found.sae_bytes / 1e6:,.0f} MB")
    if found.memory is not None:
        print(f"memory per worker, in the trials: {found.memory / 1e9:.1f} GB")


def _duration(seconds: float) -> str:
    """As in 2:05:09 or 3:20."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _left_out(stage: "Stage") -> bool:
    if stage.left_out:
        print(f"\nculture {stage.name} {stage.words}: left out: {stage.left_out}", flush=True)
    return bool(stage.left_out)


def _run(stage: "Stage") -> dict[str, Any]:
    print(f"\nculture {stage.name} {stage.words}".rstrip(), flush=True)
    started = time.time()
    try:
        SHOW[stage.name](stage.run())
    except NothingToMeasure as reason:
        print(f"left out: {reason}", flush=True)
    return {"stage": stage.name, "seconds": round(time.time() - started, 1)}
