"""Running a training from start to end: processes, a longer budget, a progress line."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from culture_core.errors import CultureError, suggested
from culture_core.models.sources import resolve_source
from culture_core.places import check_folder
from culture_core.processes import run_until_asked
from culture_core.processor import n_cores
from culture_core.training import log
from culture_core.training.hardware import Hardware
from culture_core.training.progress import progress_line
from culture_core.training.recipes import Recipe
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.schedule import Budget, planned_decay
from culture_core.training.team import Team
from culture_core.training.worker import Job, is_finished, wall_of, work

LINE_SECONDS_TERMINAL, LINE_SECONDS_FILE = 5.0, 60.0


def open_run(folder: RunFolder, settings: Settings | None) -> Settings:
    """The settings of a new run, not written yet, or those of one that is to be continued (None).

    Errors: CultureError when a new run would write over another or over something else, or there is none to
    go on with.
    """
    if settings is None:
        if not folder.exists():
            raise CultureError(f"there is no run in {folder.root} to resume; start one without --resume")
        return folder.read_settings()
    if folder.exists():
        raise CultureError(f"{folder.root} holds a run; continue it with --resume, or name another --out")
    check_folder(folder.root, RunFolder.is_unbegun, "the folder of a run")
    return settings


def check_change(settings: Settings, recipe: Recipe) -> None:
    """Errors: CultureError when a recipe is changed in a way that checkpoints cannot follow."""
    fixed = ("optimizer", "dropout", "embedding_std", "output_scale")
    for name in fixed:
        if getattr(recipe, name) != getattr(settings.recipe, name):
            raise CultureError(f"{name} cannot be changed in the middle of a run")


def change_recipe(folder: RunFolder, settings: Settings, recipe: Recipe) -> Settings:
    """Continue with a changed recipe; the logs say from when.

    Errors: as check_change.
    """
    check_change(settings, recipe)
    changed = replace(settings, recipe=recipe)
    folder.write_settings(changed)
    for k in range(settings.n_models):
        seen = folder.read_progress(k).seen
        log.append(folder.log(k), {"event": "recipe", "quizzes": seen, "recipe": asdict(recipe)})
    return changed


def culture_of(population: Path | str) -> Tensor:
    """The culture quizzes (n, 404) of a population that GPTs train on.

    Errors: CultureError when it has none.
    """
    quizzes = resolve_source(population).load_culture_quizzes()
    if quizzes is None or not len(quizzes[0]):
        invent = suggested("invent", "--population", population, "--n", "1000")
        raise CultureError(f"no culture quizzes in {population}; run {invent}")
    return quizzes[0]


def mix_in_culture(folder: RunFolder, settings: Settings, population: Path | str) -> int:
    """Train on the culture quizzes of a population from now on; the logs say from when. Returns how many.

    Errors: as culture_of.
    """
    train = culture_of(population)
    folder.write_culture(train)
    for k in range(settings.n_models):
        seen = folder.read_progress(k).seen
        log.append(folder.log(k), {"event": "culture", "quizzes": seen, "n": len(train)})
    return len(train)


def plan_again(job: Job) -> None:
    """Take back a decay that a longer budget puts off, or a shorter one moves before it has begun; for a
    budget that was given anew.

    GPTs return to the end of their stable phase.
    """
    decay = job.folder.read_decay()
    if decay is None:
        return
    n_models = range(job.settings.n_models)
    stable = sum(wall_of(job.folder.read_stable_progress(k), job) for k in n_models)
    planned = planned_decay(job.budget, job.settings.recipe, decay.first, stable)
    seen = max(job.folder.read_progress(k).seen for k in n_models)
    if planned is None or planned.last > decay.last or seen <= decay.first:
        job.folder.drop_decay()


def n_workers(device: torch.device, n_models: int, wanted: int | None) -> int:
    """Workers of a run: by default one per core or GPU; never more than there are GPTs."""
    if wanted is not None:
        return min(wanted, n_models)
    places = n_cores() if device.type == "cpu" else torch.cuda.device_count() if device.index is None else 1
    return max(1, min(places, n_models))


def run_workers(job: Job, hardware: Sequence[Hardware], team: Team) -> bool:
    """Train in one process per entry of `hardware`; returns whether the budget is spent.

    Under torchrun this process is one replica of a team, and trains in itself.
    Errors: CultureError when a worker fails.
    """
    if not team.is_alone:
        batch = job.settings.recipe.batch_size
        if batch % team.size:
            raise CultureError(f"a batch of {batch} quizzes cannot be shared by {team.size} replicas")
        work(job, hardware[0])
        return is_finished(job)
    ended_well = run_until_asked(partial(work, job), hardware, _Watch(job))
    _print_line(progress_line(job), end="\n")
    if not ended_well:
        raise CultureError(
            "a worker failed (its error is above); --resume continues from the last checkpoints"
        )
    return is_finished(job)


class _Watch:
    """Prints a line of progress now and then."""

    def __init__(self, job: Job) -> None:
        self._job, self._printed = job, time.monotonic()

    def __call__(self) -> None:
        pause = LINE_SECONDS_TERMINAL if sys.stderr.isatty() else LINE_SECONDS_FILE
        if time.monotonic() - self._printed > pause:
            _print_line(progress_line(self._job))
            self._printed = time.monotonic()


def _print_line(line: str, end: str | None = None) -> None:
    if sys.stderr.isatty():
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        print("\r" + line[: width - 1].ljust(width - 1), end=end or "", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def budget_of(folder: RunFolder, given: Budget | None) -> Budget:
    """The budget to work with: the one given, else the one the run had before."""
    if given is not None:
        folder.write_budget(given)
        return given
    return folder.read_budget()
