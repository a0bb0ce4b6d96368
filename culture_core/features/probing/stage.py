"""The stage behind `culture probe`: linear probes of a population, GPT by GPT."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from numpy.typing import NDArray

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.features.probing.probes import ProbeSettings
from culture_core.features.probing.store import (
    Probes,
    open_probes,
    probe_model,
    probes_are_current,
    probes_artifact,
    save_probes,
)
from culture_core.models.choice import chosen_models
from culture_core.processes import Report, Workers, run_jobs


def probe_population(
    population: PopulationFolder,
    settings: ProbeSettings | None = None,
    *,
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> Probes:
    """Fit probes for every concept at every layer of every GPT and write them into the population.

    if_stale: leave alone probes of the present GPTs with these settings.
    """
    started = time.time()
    models, settings = chosen_models(population), settings or ProbeSettings()
    if not (if_stale and probes_are_current(population, models, settings)):
        probes_artifact(population).check_writable()
        probe = partial(_probe, population, settings, device)
        found = run_jobs(probe, models, (workers or Workers()).computing_on(device), show=say)
        save_probes(population, models, settings, found, provenance(command, started))
    return open_probes(population)


def _probe(
    population: PopulationFolder, settings: ProbeSettings, device: str, model_k: int, report: Report
) -> dict[str, NDArray[Any]]:
    report(f"probing GPT {model_k}")
    return probe_model(population, settings, model_k, device)
