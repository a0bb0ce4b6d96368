"""`culture grade`: what every feature detects, against the truth about the quizzes."""

import argparse
from typing import TYPE_CHECKING, Any

from culture_core.cli import common
from culture_core.saes.choice import the_hook

if TYPE_CHECKING:
    from culture_core.features.grading.reader import Grades

DESCRIPTION = "grade every SAE feature of a hook point on every ground-truth concept"
EXAMPLES = (
    "grade --population cache/world-1M",
    "grade --population cache/world-1M --hook blocks.2.hook_resid_post --models 0,1 --if-stale",
    "grade --population cache/world-1M --variant joint",
)
NOT_MEASURED = "not measured"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    common.add_models(parser)
    common.add_variant(parser)
    common.add_hook(parser)
    common.add_workers(parser)
    common.add_if_stale(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.features.grading.stage import grade_population

    population = common.the_population(args)
    hook = the_hook(population, args.hook)
    grades = grade_population(
        population,
        hook,
        models=args.models,
        variant=args.variant,
        if_stale=args.if_stale,
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    show(grades)
    common.report_json(args.json, {"hook": hook, "grades": _rows(grades)})


def show(grades: "dict[int, Grades]") -> None:
    """Print a row per GPT: how many features detect a concept, and which share of the concepts has one."""
    rows = _rows(grades)
    print(common.table(rows))
    if any(row["untrained SAE"] == NOT_MEASURED for row in rows):
        print(
            f"untrained SAE: {NOT_MEASURED}, because it has no index; run `culture train-sae --variant "
            "untrained`, then `culture index --variant untrained`"
        )


def _rows(grades: "dict[int, Grades]") -> list[dict[str, Any]]:
    return [_row(k, of_gpt) for k, of_gpt in grades.items()]


def _row(model_k: int, grades: "Grades") -> dict[str, Any]:
    table, coverage = grades.table, grades.coverage
    untrained = coverage["untrained_sae"]
    return {
        "GPT": model_k,
        "features": len(table),
        "F1 above 0.3": int((table.f1 > 0.3).sum()),
        "above 0.7": int((table.f1 > 0.7).sum()),
        "coverage": coverage["sae"],
        "untrained SAE": NOT_MEASURED if untrained is None else untrained,
        "raw directions": coverage["raw_directions"],
        "MLP neurons": coverage["mlp_neurons"],
    }
