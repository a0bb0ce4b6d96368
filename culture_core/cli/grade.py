"""`culture grade`: what every feature detects, against the truth about the quizzes."""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from culture_core.artifacts import PopulationFolder
from culture_core.cli import common
from culture_core.cli.index import the_hook

if TYPE_CHECKING:
    from culture_core.features.grades import Grades

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
    parser.add_argument(
        "--workers", type=common.positive, default=2, help="GPTs graded side by side, a process each"
    )
    common.add_if_stale(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.features.grades import open_grades
    from culture_core.features.grades_store import is_current

    population, manifest = common.open_population(args.population)
    hook = the_hook(population, args.hook)
    models = common.chosen_models(manifest, args.models)
    stale = [k for k in models if not (args.if_stale and is_current(population, hook, k))]
    _grade_all(population, hook, stale, args.workers)
    rows = [_row(k, open_grades(population, hook, k)) for k in models]
    print(common.table(rows))
    if any(row["untrained SAE"] == NOT_MEASURED for row in rows):
        print(
            f"untrained SAE: {NOT_MEASURED}, no index of one; `culture train-sae --variant untrained` and "
            "`culture index --variant untrained` make it"
        )
    common.report_json(args.json, {"hook": hook, "grades": rows})


def _grade_all(population: PopulationFolder, hook: str, models: list[int], workers: int) -> None:
    """Grade GPTs side by side, one process of one thread each; a single one in this process."""
    if min(workers, len(models)) <= 1:
        for k in models:
            _grade_one(population, hook, k, common.command_line())
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        jobs = [pool.submit(_grade_one, population, hook, k, common.command_line()) for k in models]
        for job in jobs:
            job.result()


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _grade_one(population: PopulationFolder, hook: str, model_k: int, command: str) -> None:
    from culture_core.features.grades_store import grade_model

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
