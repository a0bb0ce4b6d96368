"""`culture evaluate`: loss and accuracy of the GPTs."""

import argparse
from typing import Any

from culture_core.artifacts import PopulationFolder, provenance, write_json
from culture_core.cli import common

DESCRIPTION = (
    "loss and quiz accuracy of GPTs, by task and by structure, and a check of the TransformerLens conversion"
)
EXAMPLES = (
    "evaluate 0 1 2 3 4 --source cache/world-1M --num-test-samples 2000 --seed 0 --json out.json",
    "evaluate --source cache/world-1M --save",
    "evaluate 0 --source hub",
    "evaluate --source cache/world-1M --unseen",
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
        "--ablate", action="store_true", help="also with each layer, head and MLP set to zero and to its mean"
    )
    parser.add_argument("--hub-repo", default=None, help="repository on the Hub, when --source is `hub`")
    parser.add_argument(
        "--save", action="store_true", help="keep the report in the population, for the dashboard"
    )
    common.add_json(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.evaluation.accuracy import evaluate_model, evaluation_quizzes
    from culture_core.models.population import resolve_source
    from culture_core.world.quizzes import resolve_tasks

    common.use_threads(args)
    tasks = resolve_tasks("unseen" if args.unseen else args.tasks)
    source = resolve_source(args.source, args.hub_repo)
    models = source.load_models(args.models or None)
    batch = evaluation_quizzes(args.num_test_samples, args.seed, tasks, noise=args.noise)
    records = [
        {"id": model.id, **evaluate_model(model, batch, progress=f"GPT {model.id}")} for model in models
    ]
    print(common.table([_row(record) for record in records]))
    if args.ablate:
        _ablate(models, records, batch)
    settings = {"num_test_samples": len(batch), "seed": args.seed, "noise": args.noise, "tasks": list(tasks)}
    report = {**settings, "models": records, "made_by": provenance(common.command_line(), source=args.source)}
    common.report_json(args.json, report)
    if args.save:
        population, _ = common.open_population(args.source)
        _save(population, report)


def _ablate(models: list[Any], records: list[dict[str, Any]], batch: Any) -> None:
    """Add an ablation table to the record of every model, and print it."""
    from culture_core.evaluation.ablation import ablation_table

    for model, record in zip(models, records, strict=True):
        record["ablations"] = ablation_table(model, batch, progress=f"ablations of GPT {model.id}")
        print(f"\nGPT {model.id} with a part ablated: loss, and change of greedy accuracy by task")
        print(common.table([_ablation_row(row, record["by_task"]) for row in record["ablations"]]))


def _ablation_row(row: dict[str, Any], intact: dict[str, Any]) -> dict[str, Any]:
    by_task = {
        task: round(scores["greedy_accuracy"] - intact[task]["greedy_accuracy"], 4)
        for task, scores in row["by_task"].items()
    }
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
    write_json(population.evaluation, report)
    print(f"report kept in {population.evaluation}")
