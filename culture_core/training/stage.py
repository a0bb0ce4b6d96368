"""The stage behind `culture train`: a population from the world's quizzes."""

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch

from culture_core.artifacts import PopulationFolder
from culture_core.errors import CultureError, suggested
from culture_core.models.mygpt import PRESETS, preset
from culture_core.processor import fast_dtype, find_device, n_cores
from culture_core.settings import setting
from culture_core.training.export import check_out, export_run
from culture_core.training.hardware import Hardware
from culture_core.training.launch import (
    budget_of,
    change_recipe,
    check_change,
    culture_of,
    mix_in_culture,
    n_workers,
    open_run,
    plan_again,
    run_workers,
)
from culture_core.training.recipes import RECIPES, Recipe, find_recipe
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.schedule import parse_budget
from culture_core.training.start import begin_from
from culture_core.training.team import Team
from culture_core.training.worker import Job
from culture_core.world.tasks.choice import resolve_tasks

DEFAULT_BUDGET = "8h"
DTYPES = ("float32", "float16", "bfloat16")


@dataclass(frozen=True)
class TrainSettings:
    """What a new run trains, and how; of a run that is resumed, `changes`, `budget` and `culture` count.

    changes: entries of the recipe, NAME=VALUE.
    """

    preset: str = setting("1M", "size of the GPTs", choices=tuple(PRESETS))
    models: int = setting(5, "how many GPTs", least=1, metavar="N")
    recipe: str = setting("muon", "how to train", choices=tuple(RECIPES))
    changes: tuple[str, ...] = ()
    seed: int = setting(10_000, "GPT k starts with seed + k, and draws its quizzes from it")
    tasks: str = setting("world", "world, unseen, all, or names separated by commas")
    start: str | None = setting(
        None,
        "start from the weights of existing GPTs: a population, a folder of gpt_NNN.pth, or hub",
        metavar="SOURCE",
    )
    budget: str | None = setting(
        None,
        f"wall-clock time of the run (90m, 8h) or quizzes per GPT (300000-quizzes) (default: "
        f"{DEFAULT_BUDGET})",
    )
    culture: bool = setting(
        False,
        "from now on mix in the training quizzes that the population of --out (or --start) has invented",
    )
    checkpoint_seconds: float = setting(
        60.0, "seconds between checkpoints: the most training that a kill can lose", above=0
    )


@dataclass(frozen=True)
class ExportSettings:
    """How a run becomes a population."""

    dtype: str = setting("bfloat16", "data type of the stored weights", choices=DTYPES)
    num_test_samples: int = setting(
        2000, "held-out quizzes for the accuracy in the manifest", least=1, metavar="N"
    )
    force: bool = setting(False, "replace a population in --out that was made by another run")


def train_population(
    out: Path | str,
    settings: TrainSettings | None = None,
    *,
    export: ExportSettings | None = None,
    resume: bool = False,
    export_now: bool = False,
    device: str = "auto",
    workers: int | None = None,
    command: str = "",
    say: Callable[[str], None] = print,
) -> PopulationFolder | None:
    """Train a population into the folder `out`; returns it, None when the run was stopped before its end.

    resume: go on with the run of `out`. export_now: train nothing, make the population from the newest
    checkpoints. workers: processes (default: one per core or GPU). Under torchrun, processes train together.
    Errors: CultureError for impossible settings, a run that is there already or is not, a worker that fails.
    """
    folder, team = RunFolder.beside(out), Team()
    export = export or ExportSettings()
    check_out(folder, out, is_new=not (resume or export_now), force=export.force)
    is_finished = True
    if not export_now:
        settings, place = settings or TrainSettings(), find_device(device)
        with folder.alone() if team.is_leader else nullcontext():
            is_finished = _train(out, settings, resume, place, workers, team, say)
    if not team.is_leader:
        return None
    if not is_finished:
        say(f"stopped; continue with {suggested('train', '--out', out, '--resume')}")
        return None
    return export_run(
        folder, out, command, dtype=export.dtype, force=export.force, n_test=export.num_test_samples
    )


def _train(
    out: Path | str,
    settings: TrainSettings,
    resume: bool,
    device: torch.device,
    workers: int | None,
    team: Team,
    say: Callable[[str], None],
) -> bool:
    """Train a run; returns whether it is finished. Under torchrun the leader prepares it before all meet."""
    if not team.is_alone:
        device, workers = team.device(device), 1
    job = _job(out, settings, resume, device, workers, say) if team.is_leader else None
    team.join(device)
    job = team.follow(job)
    finished = run_workers(job, _hardware(device, job.n_workers, team.size), team)
    team.leave()
    return finished


def _job(
    out: Path | str,
    wanted: TrainSettings,
    resume: bool,
    device: torch.device,
    workers: int | None,
    say: Callable[[str], None],
) -> Job:
    """The run to work on: a new one, or the one that is to be resumed."""
    folder = RunFolder.beside(out)
    given = parse_budget(wanted.budget or DEFAULT_BUDGET) if wanted.budget or not resume else None
    settings = open_run(folder, None if resume else _run_settings(wanted))
    inventors = out if resume else wanted.start or out
    if resume:
        _check_kept(wanted, settings)
        check_change(settings, changed_recipe(settings.recipe, wanted.changes))
    if wanted.culture:
        culture_of(inventors)
    if not resume and wanted.start is not None:
        settings = begin_from(folder, settings, wanted.start)
    elif not resume:
        folder.write_settings(settings)
    n = n_workers(device, settings.n_models, workers)
    job = Job(folder, settings, budget_of(folder, given), n, wanted.checkpoint_seconds)
    if given is not None:
        plan_again(job)
    if resume and wanted.changes:
        settings = change_recipe(folder, settings, changed_recipe(settings.recipe, wanted.changes))
    if wanted.culture:
        n_mixed = mix_in_culture(folder, settings, inventors)
        say(f"{n_mixed} culture quizzes are mixed into the training")
    return replace(job, settings=settings)


def _check_kept(wanted: TrainSettings, kept: Settings) -> None:
    """Errors: CultureError when a run that is resumed was asked to be another one."""
    default = TrainSettings()
    of_run = {
        "preset": kept.preset,
        "models": kept.n_models,
        "recipe": kept.recipe.name,
        "seed": kept.seed,
        "start": (kept.start or {}).get("source"),
    }
    asked = {name: getattr(wanted, name) for name in of_run}
    differ = [name for name, value in asked.items() if value not in (getattr(default, name), of_run[name])]
    if resolve_tasks(wanted.tasks) != kept.tasks and wanted.tasks != default.tasks:
        differ.append("tasks")
    if differ:
        raise CultureError(
            f"--{differ[0]} does not go with --resume, which continues the run with its own settings; leave "
            "it out, or start another run in another --out"
        )


def _run_settings(wanted: TrainSettings) -> Settings:
    recipe = changed_recipe(find_recipe(wanted.recipe), wanted.changes)
    config = replace(preset(wanted.preset), dropout=recipe.dropout)
    tasks = resolve_tasks(wanted.tasks)
    if recipe.test_quizzes < len(tasks):
        raise CultureError(f"test_quizzes={recipe.test_quizzes} is too few: there are {len(tasks)} tasks")
    return Settings(wanted.preset, config, recipe, wanted.models, wanted.seed, tasks)


def changed_recipe(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """The recipe with entries NAME=VALUE changed.

    Errors: CultureError for an entry or a value that cannot be.
    """
    types = {field.name: type(getattr(recipe, field.name)) for field in fields(recipe)} | {"epoch": int}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in types or name == "name":
            raise CultureError(f"a recipe has no entry {name!r}: choose from {', '.join(types)}")
        try:
            entry = types[name](value)
            if isinstance(entry, float) and not math.isfinite(entry):
                raise ValueError(value)
            recipe = replace(recipe, **{name: entry})
        except (TypeError, ValueError):
            raise CultureError(f"{value!r} is not a value for {name}") from None
    return recipe


def _hardware(device: torch.device, workers: int, replicas: int = 1) -> list[Hardware]:
    """What each worker computes on; replicas: processes that torchrun started, each with one worker."""
    dtype = fast_dtype(device)
    if device.type == "cpu":
        threads = max(1, n_cores() // max(workers, replicas))
        return [Hardware(device, dtype, threads=threads) for _ in range(workers)]
    if device.index is not None:
        return [Hardware(device, dtype, compiled=True) for _ in range(workers)]
    n_gpus = torch.cuda.device_count()
    return [Hardware(torch.device("cuda", k % n_gpus), dtype, compiled=True) for k in range(workers)]
