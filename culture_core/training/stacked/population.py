"""From the output folder of a training of stacked GPTs to a population folder."""

import time
from pathlib import Path
from typing import Any

from culture_core.artifacts import PopulationFolder, provenance, write_json
from culture_core.models.population import save_population
from culture_core.training.stacked.output import OutputFolder

# what of the report tells how the population came about, beside its recipe
FACTS = (
    *("device", "torch", "matrix_tflops", "chosen", "trials", "us_per_quiz_made"),
    *("seconds", "previous_seconds", "steps", "checks", "saved", "finished", "provenance"),
)


def adopt(run_folder: Path | str, out: Path | str, command: str, *, force: bool = False) -> PopulationFolder:
    """Make a population of the GPTs of an output folder, in bfloat16 as they are stored there.

    The accuracy each carries is that of the check at which it was written.
    Errors: CultureError when the folder holds no such run, or out exists and force is not given.
    """
    started = time.time()
    run = OutputFolder(run_folder)
    report = run.read_report()
    models = run.read_models()
    for model, accuracy in zip(models, report["accuracy"], strict=True):
        model.main_test_accuracy = accuracy
    population = save_population(
        out,
        models,
        made_by=provenance(command, started, sha256=run.hashes()),
        facts={"training": _training(report)},
        dtype="bfloat16",
        force=force,
    )
    curves = {str(k): run.read_log(k) for k in range(len(models))}
    write_json(population.training, {"seconds_from": "start of all GPTs together", "models": curves})
    return population


def _training(report: dict[str, Any]) -> dict[str, Any]:
    """How the GPTs were trained, as `culture train` tells it, and what is peculiar to a GPU's run."""
    progress = [{"seen": report["saved"]["seen"], "taken": taken} for taken in report["taken"]]
    shared = {name: report[name] for name in ("preset", "recipe", "seeds", "tasks", "start")}
    return {
        **shared,
        "progress": progress,
        "stacked": {name: report[name] for name in FACTS if name in report},
    }
