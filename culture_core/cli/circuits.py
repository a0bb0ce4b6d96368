"""`culture circuits`: what each layer, head and MLP is needed for, and what the heads attend to."""

import argparse
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.cli import common

if TYPE_CHECKING:
    from culture_core.evaluation.circuits import Circuits, CircuitSettings
    from culture_core.processes import Report

DESCRIPTION = (
    "accuracy and loss by task without each attention layer, head and MLP; what heads attend to and copy"
)
EXAMPLES = (
    "circuits --population cache/world-1M",
    "circuits --population cache/world-1M --models 0,2 --n 800 --if-stale",
)
WORST = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    common.add_models(parser)
    parser.add_argument(
        "--n", type=common.positive, default=200, help="quizzes a part is ablated on, the tasks in turn"
    )
    parser.add_argument(
        "--n-attention", type=common.positive, default=80, help="the first so many of them, for attention"
    )
    parser.add_argument("--seed", type=int, default=5, help="seed of the quizzes")
    common.add_if_stale(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.evaluation.circuits import CircuitSettings, identity, is_current
    from culture_core.processes import run_jobs

    population, manifest = common.open_population(args.population)
    settings = CircuitSettings(args.n, args.n_attention, args.seed)
    hashes = {model["id"]: model["sha256"] for model in manifest["models"]}
    stale = []
    for model_k in common.chosen_models(manifest, args.models):
        wanted = identity(settings, hashes[model_k])
        if args.if_stale and is_current(population, model_k, wanted):
            print(f"the circuits of GPT {model_k} are up to date")
        else:
            stale.append((model_k, wanted))
    measure = partial(_measure, population, settings, common.command_line())
    for (model_k, _), measured in zip(
        stale, run_jobs(measure, stale, common.n_workers(args), threads=args.threads), strict=True
    ):
        _print(*measured, model_k)


def _measure(
    population: PopulationFolder,
    settings: "CircuitSettings",
    command: str,
    job: tuple[int, dict[str, Any]],
    report: "Report",
) -> tuple["Circuits", float]:
    """Measure and store the circuits of one GPT; returns them and the seconds it took."""
    from culture_core.evaluation.circuits import measure_circuits, save_circuits
    from culture_core.models.sources import resolve_source

    model_k, wanted = job
    started = time.time()
    report(f"measuring the circuits of GPT {model_k}")
    (model,) = resolve_source(population.root).load_models(model_k)
    circuits = measure_circuits(model, settings, progress=f"circuits of GPT {model_k}")
    made_by = provenance(command, started)
    save_circuits(circuits, population, model_k, {**wanted, "made_by": made_by})
    return circuits, made_by["seconds"]


def _print(circuits: "Circuits", seconds: float, model_k: int) -> None:
    changes = circuits.changes("accuracy", "zero").sort_values(circuits.columns[0]).head(WORST)
    rows = [{"set to zero": part, **row} for part, row in changes.round(4).to_dict("index").items()]
    print(f"\nGPT {model_k} ({seconds:.0f} s): change of accuracy without the parts it needs most")
    print(common.table(rows))
    print(f"\nGPT {model_k}: its heads\n{common.table(circuits.head_table().round(3).to_dict('records'))}")
