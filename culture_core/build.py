"""Everything the dashboard needs, from a population: all stages in order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from culture_core.answers.stage import answer_population
from culture_core.artifacts import RESEEDED, UNTRAINED, PopulationFolder
from culture_core.evaluation.circuits_stage import measure_population_circuits
from culture_core.evaluation.stage import evaluate_population
from culture_core.features.grading.stage import grade_population
from culture_core.features.index.stage import index_jobs, index_saes
from culture_core.features.probing.stage import probe_population
from culture_core.models.choice import chosen_models
from culture_core.processes import Workers
from culture_core.results.stage import write_population_results
from culture_core.saes.evaluation_stage import evaluate_population_saes
from culture_core.saes.training_stage import train_population_saes
from culture_core.universality.causal.stage import check_causes
from culture_core.universality.matching.stage import match_saes


@dataclass(frozen=True)
class Stage:
    """One step of a build. name: of its command; words: what its options are beside the population; run:
    makes its artifacts and returns what its function does."""

    name: str
    words: str
    run: Callable[[], Any]


def build_stages(
    population: PopulationFolder,
    *,
    force: bool = False,
    device: str = "cpu",
    workers: Workers | None = None,
    command: str = "",
) -> list[Stage]:
    """The stages that build a population, in order; what is up to date is left alone, unless `force`.

    A population of a single GPT is built without matches.
    """
    common: dict[str, Any] = {"if_stale": not force, "command": command}
    side_by_side: dict[str, Any] = {**common, "workers": workers}

    def index(variant: str) -> Any:
        return index_saes(index_jobs(population, variant=variant, device=device), **side_by_side)

    across_gpts = [
        Stage("match", "", lambda: match_saes(population, **common)),
        Stage("causal", "", lambda: check_causes(population, **side_by_side)),
    ]
    return [
        Stage("evaluate", "--save", lambda: evaluate_population(population, **side_by_side)),
        Stage("answers", "", lambda: answer_population(population, **common)),
        Stage(
            "train-sae",
            "--baselines",
            lambda: train_population_saes(population, baselines=True, device=device, **side_by_side),
        ),
        Stage(
            "evaluate-sae",
            "",
            lambda: evaluate_population_saes(population, if_stale=not force, device=device, workers=workers),
        ),
        Stage("index", "", lambda: index("")),
        Stage("index", f"--variant {UNTRAINED}", lambda: index(UNTRAINED)),
        Stage("index", f"--variant {RESEEDED}", lambda: index(RESEEDED)),
        Stage("grade", "", lambda: grade_population(population, **side_by_side)),
        Stage("probe", "", lambda: probe_population(population, **side_by_side)),
        *(across_gpts if len(chosen_models(population)) > 1 else []),
        Stage("circuits", "", lambda: measure_population_circuits(population, **side_by_side)),
        Stage("results", "", lambda: write_population_results(population)),
    ]
