"""`culture grade`: what every feature detects, against the truth about the quizzes."""

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any

from culture_core.artifacts import PopulationFolder
from culture_core.cli import common
from culture_core.cli.index import the_hook

if TYPE_CHECKING:
    from culture_core.features.grading.reader import Grades
    from culture_core.processes import Report

DESCRIPTION = "grade every SAE feature of a hook point on every ground-truth concept"
EXAMPLES = (
    "grade --population cache/world-1M",
    "grade --population cache/world-1M --hook blocks.2.hook_resid_post --models 0,1 --if-stale",
)
NOT_MEASURED = "not measured"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    common.add_models(parser)
    parser.add_argument("--hook", default=None, help="hook point (default: the only one that has SAEs)")
    common.add_workers(parser)
    common.add_if_stale(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.features.grading.reader import open_grades
    from culture_core.features.grading.store import is_current
    from culture_core.processes import run_jobs

    population, manifest = common.open_population(args.population)
    hook = the_hook(population, args.hook)
    models = common.chosen_models(manifest, args.models)
    stale = [k for k in models if not (args.if_stale and is_current(population, hook, k))]
    grade_one = partial(_grade, population, hook, common.command_line())
    run_jobs(grade_one, stale, common.n_workers(args), threads=args.threads)
    rows = [_row(k, open_grades(population, hook, k)) for k in models]
    print(common.table(rows))
    if any(row["untrained SAE"] == NOT_MEASURED for row in rows):
        print(
            f"untrained SAE: {NOT_MEASURED}, no index of one; `culture train-sae --variant untrained` and "
            "`culture index --variant untrained` make it"
        )
    common.report_json(args.json, {"hook": hook, "grades": rows})


def _grade(population: PopulationFolder, hook: str, command: str, model_k: int, report: "Report") -> None:
    from culture_core.features.grading.store import grade_model

    report(f"grading the features of GPT {model_k}")
    grade_model(population, hook, model_k, command, progress=f"grades of GPT {model_k}")


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
