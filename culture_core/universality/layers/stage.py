"""The stage behind `culture layers`: the features of each GPT through the layers."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from culture_core.artifacts import PopulationFolder
from culture_core.models.choice import chosen_models
from culture_core.processes import Report, Workers, run_jobs
from culture_core.universality.layers.reader import LayerReader
from culture_core.universality.layers.store import follow_gpt, inputs_of, layers_artifact, open_layers


def follow_layers(
    population: PopulationFolder,
    *,
    models: Sequence[int] | None = None,
    needed: Sequence[str] = (),
    if_stale: bool = False,
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> dict[int, LayerReader]:
    """Find what each feature of a GPT becomes at the hook points before and after its own; returns that of
    all of these GPTs.

    needed: hook points that must be among them (default: all that have an index); others only if their index
    fits those. if_stale: leave alone what was made from the present SAEs and indexes.
    Errors: CultureError when the indexes are over different quiz sets, and for an unknown GPT;
    NothingToMeasure when fewer than two hook points have an index.
    """
    chosen = chosen_models(population, models)
    inputs = {k: inputs_of(population, k, needed) for k in chosen}
    stale = [k for k in chosen if not (if_stale and layers_artifact(population, k).is_current(inputs[k]))]
    for k in stale:
        layers_artifact(population, k).check_writable()
    run_jobs(partial(_follow, population, inputs, command), stale, workers or Workers(), show=say)
    return {k: open_layers(population, k) for k in chosen}


def _follow(
    population: PopulationFolder, inputs: Mapping[int, Any], command: str, model_k: int, report: Report
) -> None:
    report(f"following the features of GPT {model_k} through the layers")
    follow_gpt(population, model_k, inputs[model_k], command, progress=f"layers of GPT {model_k}")
