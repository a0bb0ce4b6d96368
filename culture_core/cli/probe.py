"""`culture probe`: what each layer knows, by linear probes."""

import argparse
import time
from functools import partial
from typing import TYPE_CHECKING

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.cli import common

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from culture_core.features.probing.probes import ProbeSettings
    from culture_core.processes import Report

DESCRIPTION = "fit linear probes for every ground-truth concept at every layer of every GPT"
EXAMPLES = (
    "probe --population cache/world-1M",
    "probe --population cache/world-1M --n 960 --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.features.probing.probes import ProbeSettings

    default = ProbeSettings()
    common.add_population(parser)
    parser.add_argument("--n", type=common.positive, default=default.n, help="quizzes, the tasks in turn")
    parser.add_argument(
        "--tokens", type=common.positive, default=default.tokens, help="tokens drawn from each quiz"
    )
    parser.add_argument(
        "--ridge", type=float, default=default.ridge, help="penalty on weights of inputs of unit variance"
    )
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of the quizzes and tokens")
    common.add_workers(parser)
    common.add_if_stale(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.features.probing.probes import ProbeSettings
    from culture_core.features.probing.store import open_probes, probes_are_current, save_probes
    from culture_core.processes import run_jobs

    started = time.time()
    population, manifest = common.open_population(args.population)
    models = common.chosen_models(manifest, None)
    settings = ProbeSettings(args.n, args.tokens, args.ridge, args.seed)
    if not (args.if_stale and probes_are_current(population, models, settings)):
        probe_one = partial(_probe, population, settings)
        found = run_jobs(probe_one, models, common.n_workers(args), threads=args.threads)
        save_probes(population, models, settings, found, provenance(common.command_line(), started))
    table = open_probes(population).table
    columns = ["auroc", "baseline_auroc", "selectivity", "f1", "baseline_f1"]
    means = table.groupby("layer", sort=False)[columns].mean().reset_index()
    print(common.table([{str(key): row[key] for key in row} for row in means.to_dict("records")]))


def _probe(
    population: PopulationFolder, settings: "ProbeSettings", model_k: int, report: "Report"
) -> "dict[str, NDArray]":
    from culture_core.features.probing.store import probe_model

    report(f"probing GPT {model_k}")
    return probe_model(population, settings, model_k)
