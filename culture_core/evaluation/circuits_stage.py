"""The stage behind `culture circuits`: the circuits of a population, GPT by GPT."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from culture_core.artifact import model_hashes
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.evaluation.circuits import (
    Circuits,
    CircuitSettings,
    circuits_artifact,
    identity,
    measure_circuits,
    save_circuits,
)
from culture_core.models.choice import chosen_models, stale_models
from culture_core.processes import Report, Workers, run_jobs


@dataclass(frozen=True)
class MeasuredCircuits:
    """The circuits of one GPT and how long they took."""

    model_k: int
    circuits: Circuits
    seconds: float


def measure_population_circuits(
    population: PopulationFolder,
    settings: CircuitSettings | None = None,
    *,
    models: Sequence[int] | None = None,
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> list[MeasuredCircuits]:
    """Measure and store the circuits of GPTs; returns those that were measured.

    models: ids (default: all). if_stale: leave alone circuits of the present GPTs with these settings.
    """
    settings, hashes = settings or CircuitSettings(), model_hashes(population)
    stale = stale_models(
        chosen_models(population, models),
        partial(circuits_artifact, population),
        lambda k: identity(settings, hashes[k]),
        if_stale=if_stale,
        say=say,
    )
    workers = (workers or Workers()).computing_on(device)
    return run_jobs(partial(_measure, population, settings, device, command), stale, workers, show=say)


def _measure(
    population: PopulationFolder,
    settings: CircuitSettings,
    device: str,
    command: str,
    model_k: int,
    report: Report,
) -> MeasuredCircuits:
    from culture_core.models.sources import resolve_source

    started = time.time()
    report(f"measuring the circuits of GPT {model_k}")
    (model,) = resolve_source(population.root).load_models(model_k)
    circuits = measure_circuits(model.to(device), settings, progress=f"circuits of GPT {model_k}")
    made_by = provenance(command, started)
    made_from = identity(settings, model_hashes(population)[model_k])
    save_circuits(circuits, population, model_k, {**made_from, "made_by": made_by})
    return MeasuredCircuits(model_k, circuits, made_by["seconds"])
