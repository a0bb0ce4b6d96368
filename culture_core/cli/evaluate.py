"""`culture evaluate`: loss and accuracy of the GPTs."""

import argparse
from typing import Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings
from culture_core.errors import CultureError
from culture_core.models.choice import find_population

DESCRIPTION = (
    "loss and quiz accuracy of GPTs, by task and by structure, and a check of the TransformerLens conversion"
)
EXAMPLES = (
    "evaluate 0 1 2 3 4 --source cache/world-1M --num-test-samples 2000 --seed 0 --json out.json",
    "evaluate --source cache/world-1M --save",
    "evaluate 0 --source hub",
    "evaluate --source cache/world-1M --unseen",
    "evaluate --source cache/world-1M --culture",
    "evaluate 0 --source cache/world-1M --ablate --num-test-samples 400",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.evaluation.stage import EvaluationSettings

    parser.add_argument("models", nargs="*", type=int, help="ids of the GPTs (default: all)", metavar="ID")
    parser.add_argument(
        "--source", default="cache/world-1M", help="population folder, folder of gpt_NNN.pth, or `hub`"
    )
    parser.add_argument("--hub-repo", default=None, help="Hub repository, when --source is `hub`")
    add_settings(parser, EvaluationSettings())
    parser.add_argument(
        "--save", action="store_true", help="save the report in the population, for the dashboard"
    )
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.evaluation.report import open_evaluation
    from culture_core.evaluation.stage import EvaluationSettings, evaluate_gpts, evaluate_population

    _check_options(args)
    common.use_threads(args)
    settings = read_settings(args, EvaluationSettings())
    models, made = args.models or None, _made(args)
    report: dict[str, Any] | None
    if args.save:
        population = find_population(args.source)
        report = evaluate_population(population, models, settings, if_stale=args.if_stale, **made)
    else:
        report = evaluate_gpts(args.source, models, settings, hub_repo=args.hub_repo, **made)
    show(report)
    if args.save and report is None:
        report = open_evaluation(population)
    if report is not None:
        common.report_json(args.json, report)


def _check_options(args: argparse.Namespace) -> None:
    """Errors: CultureError for options that would do nothing."""
    from culture_core.evaluation.stage import EvaluationSettings
    from culture_core.models.sources import HUB
    from culture_core.world.vocabulary import WORLD_TASKS

    named = {"--tasks": args.tasks != EvaluationSettings().tasks, "--unseen": args.unseen}
    given = [option for option, is_given in {**named, "--culture": args.culture}.items() if is_given]
    if len(given) > 1:
        raise CultureError(f"{' and '.join(given)} each say what to measure on; choose one")
    if args.culture and args.num_test_samples != EvaluationSettings().n:
        raise CultureError("--num-test-samples does not go with --culture, which asks all held-out quizzes")
    if args.if_stale and not args.save:
        raise CultureError("--if-stale goes with --save: without it nothing is kept")
    if args.save and (args.models or given or args.num_test_samples < len(WORLD_TASKS)):
        raise CultureError(
            "--save keeps the report that the dashboard shows: of all GPTs, on every task of the world; "
            "write this one with --json"
        )
    if args.hub_repo is not None and args.source != HUB:
        raise CultureError("--hub-repo goes with --source hub")


def _made(args: argparse.Namespace) -> dict[str, Any]:
    """How GPTs are measured, whichever they are."""
    device, workers = common.the_device(args), common.the_workers(args)
    return {"device": device, "workers": workers, "command": common.command_line()}


def show(report: dict[str, Any] | None) -> None:
    """Print accuracy, a row per GPT, and what ablations did where they were asked for."""
    if report is None:
        return
    print(common.table([_row(record) for record in report["models"]]))
    for record in report["models"]:
        if rows := record.get("ablations"):
            print(f"\nGPT {record['id']} with a part ablated: loss, and change of greedy accuracy by task")
            print(common.table([_ablation_row(row) for row in rows]))


def _ablation_row(row: dict[str, Any]) -> dict[str, Any]:
    by_task = {task: round(scores["accuracy_change"], 4) for task, scores in row["by_task"].items()}
    return {"part": row["part"], "kind": row["kind"], "loss": row["loss"], **by_task}


def _row(record: dict[str, Any]) -> dict[str, Any]:
    by_task = {task: row["greedy_accuracy"] for task, row in record["by_task"].items()}
    return {
        "GPT": record["id"],
        "quizzes": record["quizzes"],
        "loss": record["loss"],
        "greedy": record["greedy_accuracy"],
        "expected": record["expected_accuracy"],
        **by_task,
        "conversion error": record["conversion_max_error"],
    }
