"""`culture evaluate`: loss and accuracy of the GPTs."""

import argparse
from typing import TYPE_CHECKING, Any

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.cli import common
from culture_core.errors import CultureError
from culture_core.evaluation.report import evaluation_has, save_evaluation

if TYPE_CHECKING:
    from culture_core.models.sources import ModelSource
    from culture_core.world.quizzes import QuizBatch

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
    parser.add_argument("models", nargs="*", type=int, help="ids of the GPTs (default: all)", metavar="ID")
    parser.add_argument(
        "--source", default="cache/world-1M", help="population folder, folder of gpt_NNN.pth, or `hub`"
    )
    parser.add_argument(
        "--num-test-samples", type=common.positive, default=2000, help="quizzes in all, the tasks in turn"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the test quizzes")
    parser.add_argument("--noise", type=common.share, default=0.05, help="share of noisy cells in the prompt")
    parser.add_argument("--tasks", default="world", help="world, unseen, all, or names with commas")
    parser.add_argument(
        "--unseen", action="store_true", help="the seven tasks never trained on (--tasks unseen)"
    )
    parser.add_argument(
        "--culture", action="store_true", help="the held-out quizzes the GPTs of the source invented"
    )
    parser.add_argument(
        "--ablate", action="store_true", help="also with each layer, head and MLP set to zero and to its mean"
    )
    parser.add_argument("--hub-repo", default=None, help="repository on the Hub, when --source is `hub`")
    parser.add_argument(
        "--save", action="store_true", help="keep the report in the population, for the dashboard"
    )
    common.add_if_stale(parser)
    common.add_json(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.evaluation.accuracy import evaluate_model
    from culture_core.models.sources import resolve_source

    common.use_threads(args)
    if args.save and args.if_stale and _is_current(args):
        print(f"the evaluation of {args.source} is up to date")
        return
    source = resolve_source(args.source, args.hub_repo)
    models = source.load_models(args.models or None)
    batch, tasks = _quizzes(args, source)
    records = [
        {"id": model.id, **evaluate_model(model, batch, progress=f"GPT {model.id}")} for model in models
    ]
    print(common.table([_row(record) for record in records]))
    if args.ablate:
        _ablate(models, records, batch)
    settings = {"num_test_samples": len(batch), "seed": args.seed, "noise": args.noise, "tasks": tasks}
    report = {**settings, "models": records, "made_by": provenance(common.command_line(), source=args.source)}
    if args.save:
        population, manifest = common.open_population(args.source)
        _save(population, {**report, "model_sha256": _hashes(manifest)})
    common.report_json(args.json, report)


def _quizzes(args: argparse.Namespace, source: "ModelSource") -> "tuple[QuizBatch, list[str]]":
    """What to measure on, and the tasks in it."""
    from culture_core.evaluation.accuracy import culture_test_quizzes, evaluation_quizzes
    from culture_core.world.quizzes import resolve_tasks
    from culture_core.world.vocabulary import CULTURE

    if args.culture:
        invented = source.load_culture_quizzes()
        if invented is None or not len(invented[1]):
            raise CultureError(f"{source.name} has no held-out culture quizzes; run `culture invent`")
        return culture_test_quizzes(invented[1], args.seed, noise=args.noise), [CULTURE]
    tasks = resolve_tasks("unseen" if args.unseen else args.tasks)
    return evaluation_quizzes(args.num_test_samples, args.seed, tasks, noise=args.noise), list(tasks)


def _is_current(args: argparse.Namespace) -> bool:
    """Whether the evaluation kept in the population is of its GPTs, with these settings."""
    from culture_core.world.quizzes import resolve_tasks

    population, manifest = common.open_population(args.source)
    wanted = {
        "num_test_samples": args.num_test_samples,
        "seed": args.seed,
        "noise": args.noise,
        "tasks": list(resolve_tasks(args.tasks)),
        "model_sha256": _hashes(manifest),
    }
    return evaluation_has(population, wanted)


def _hashes(manifest: dict[str, Any]) -> dict[str, str]:
    return {str(model["id"]): model["sha256"] for model in manifest["models"]}


def _ablate(models: list[Any], records: list[dict[str, Any]], batch: Any) -> None:
    """Add an ablation table to the record of every model, and print it."""
    from culture_core.evaluation.ablation import ablation_table

    for model, record in zip(models, records, strict=True):
        record["ablations"] = ablation_table(model, batch, progress=f"ablations of GPT {model.id}")
        print(f"\nGPT {model.id} with a part ablated: loss, and change of greedy accuracy by task")
        print(common.table([_ablation_row(row) for row in record["ablations"]]))


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


def _save(population: PopulationFolder, report: dict[str, Any]) -> None:
    save_evaluation(population, report)
    print(f"report kept in {population.evaluation}")
