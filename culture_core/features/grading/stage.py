"""The stage behind `culture grade`: the grades of a hook point, GPT by GPT."""

from collections.abc import Callable, Sequence
from functools import partial

from culture_core.artifacts import PopulationFolder
from culture_core.features.grading.reader import Grades, grades_artifact, open_grades
from culture_core.features.grading.store import grade_model, is_current
from culture_core.models.choice import chosen_models
from culture_core.processes import Report, Workers, run_jobs
from culture_core.saes.choice import the_hook


def grade_population(
    population: PopulationFolder,
    hook: str | None = None,
    *,
    models: Sequence[int] | None = None,
    variant: str = "",
    if_stale: bool = False,
    workers: Workers | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> dict[int, Grades]:
    """Grade the features of each GPT's SAE; returns the grades of all of these GPTs.

    hook: (default: the only one with SAEs). if_stale: leave alone grades of the present inputs.
    Errors: CultureError when an index is missing, and for an unknown GPT or hook point.
    """
    hook, chosen = the_hook(population, hook), chosen_models(population, models, variant)
    stale = [k for k in chosen if not (if_stale and is_current(population, hook, k, variant))]
    for k in stale:
        grades_artifact(population, hook, k, variant).check_writable()
    run_jobs(partial(_grade, population, hook, variant, command), stale, workers or Workers(), show=say)
    return {k: open_grades(population, hook, k, variant) for k in chosen}


def _grade(
    population: PopulationFolder, hook: str, variant: str, command: str, model_k: int, report: Report
) -> None:
    report(f"grading the features of GPT {model_k}")
    progress = f"grades of GPT {model_k}"
    grade_model(population, hook, model_k, command, variant=variant, progress=progress)
