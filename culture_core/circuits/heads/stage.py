"""The stage behind `culture heads`: the catalogue of heads of a population, GPT by GPT."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from culture_core.artifact import model_hashes
from culture_core.artifacts import PopulationFolder, provenance
from culture_core.circuits.heads.catalogue import Heads, HeadSettings, measure_heads
from culture_core.circuits.heads.store import (
    check_same_quizzes,
    heads_artifact,
    identity,
    open_heads,
    save_heads,
)
from culture_core.models.choice import chosen_models, stale_models
from culture_core.models.sources import resolve_source
from culture_core.processes import Report, Workers, run_jobs


def measure_population_heads(
    population: PopulationFolder,
    settings: HeadSettings | None = None,
    *,
    models: Sequence[int] | None = None,
    if_stale: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> dict[int, Heads]:
    """Measure and store the heads of GPTs; returns those of all of them, by id.

    models: ids (default: all). if_stale: leave alone heads of the present GPTs with these settings.
    """
    settings, hashes = settings or HeadSettings(), model_hashes(population)
    chosen = chosen_models(population, models)
    stale = stale_models(
        chosen,
        partial(heads_artifact, population),
        lambda k: identity(settings, hashes[k]),
        if_stale=if_stale,
        say=say,
    )
    workers = (workers or Workers()).computing_on(device)
    run_jobs(partial(_measure, population, settings, device, command), stale, workers, show=say)
    check_same_quizzes(population, chosen)
    return {k: open_heads(population, k) for k in chosen}


def _measure(
    population: PopulationFolder,
    settings: HeadSettings,
    device: str,
    command: str,
    model_k: int,
    report: Report,
) -> None:
    started = time.time()
    report(f"measuring the heads of GPT {model_k}")
    (model,) = resolve_source(population.root).load_models(model_k)
    heads = measure_heads(model.to(device), settings, progress=f"heads of GPT {model_k}")
    made_from = identity(settings, model_hashes(population)[model_k])
    save_heads(heads, population, model_k, {**made_from, "made_by": provenance(command, started)})
