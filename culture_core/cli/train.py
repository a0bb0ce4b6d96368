"""`culture train`: GPTs that learn the world from nothing."""

import argparse
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from culture_core.cli import common
from culture_core.errors import CultureError

if TYPE_CHECKING:
    import torch

    from culture_core.training.hardware import Hardware
    from culture_core.training.recipes import Recipe
    from culture_core.training.run_folder import RunFolder, Settings
    from culture_core.training.worker import Job

DESCRIPTION = (
    "train GPTs on the world, each with its own seed and quizzes, into a population; stops and resumes"
)
EXAMPLES = (
    "train --preset 1M --models 5 --out cache/mine --budget 8h",
    "train --out cache/mine --resume",
    "train --start cache/world-1M --out cache/longer --budget 8h",
    "train --out cache/mine --resume --budget 16h",
    "train --out cache/mine --resume --set focus=1",
    "train --out cache/mine --resume --culture --budget 12h",
    "train --out cache/mine --export-now",
    "train --preset 17K --models 2 --out cache/tiny --budget 5000-quizzes --set lr=0.01 --set batch_size=16",
    "train --preset 4M --models 5 --out cache/reproduced --recipe published --budget 24h",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.models.mygpt import PRESETS
    from culture_core.training.recipes import RECIPES

    parser.add_argument(
        "--out",
        required=True,
        help="population folder to make; the run itself lies in NAME.training",
        metavar="cache/NAME",
    )
    parser.add_argument("--preset", default="1M", choices=tuple(PRESETS), help="size of the GPTs")
    parser.add_argument("--models", type=common.positive, default=5, help="how many GPTs")
    parser.add_argument(
        "--budget",
        default=None,
        help="wall-clock time of the run (90m, 8h) or quizzes for each GPT (300000-quizzes); default 8h",
    )
    parser.add_argument("--recipe", default="muon", choices=tuple(RECIPES), help="how to train")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        help="change one entry of the recipe (with --resume: from now on)",
        metavar="NAME=VALUE",
    )
    parser.add_argument(
        "--seed", type=int, default=10_000, help="GPT k begins with seed + k, and draws its quizzes from it"
    )
    parser.add_argument(
        "--start",
        default=None,
        help="begin with the weights of this source's GPTs: a population, a folder of gpt_NNN.pth, or hub",
        metavar="SOURCE",
    )
    parser.add_argument("--tasks", default="world", help="world, unseen, all, or names with commas")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument(
        "--workers", type=common.positive, default=None, help="processes (default: one a core or a GPU)"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run of --out, with its own settings; a longer --budget prolongs it",
    )
    parser.add_argument(
        "--culture",
        action="store_true",
        help="from now on mix in the training quizzes that the population of --out (or --start) has invented",
    )
    parser.add_argument(
        "--export-now",
        action="store_true",
        help="make the population from the newest checkpoints; train nothing",
    )
    parser.add_argument(
        "--checkpoint-seconds", type=float, default=60.0, help="between two checkpoints: what a kill can cost"
    )
    parser.add_argument(
        "--dtype",
        default="bfloat16",
        choices=("float32", "float16", "bfloat16"),
        help="of the stored weights",
    )
    parser.add_argument(
        "--num-test-samples",
        type=common.positive,
        default=2000,
        help="held-out quizzes for the accuracy in the manifest",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace a population in --out that another run made"
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.training.export import export_run
    from culture_core.training.hardware import find_device
    from culture_core.training.launch import run_workers
    from culture_core.training.run_folder import RunFolder
    from culture_core.training.team import Team

    folder, team = RunFolder.beside(args.out), Team()
    is_finished = True
    if not args.export_now:
        device = find_device(args.device)
        team.join(device)
        job = team.follow(_job(args, folder, device) if team.is_leader else None)
        is_finished = run_workers(job, _hardware(device, job.n_workers), team)
        team.leave()
    if not team.is_leader:
        return
    if not is_finished:
        print(f"stopped; go on with: culture train --out {args.out} --resume")
        return
    population = export_run(
        folder,
        args.out,
        common.command_line(),
        dtype=args.dtype,
        force=args.force,
        n_test=args.num_test_samples,
    )
    print(f"population written to {population.root}")


def _job(args: argparse.Namespace, folder: "RunFolder", device: "torch.device") -> "Job":
    """The run to work on: a new one, or the one that is to be resumed."""
    from culture_core.training.launch import (
        budget_of,
        change_recipe,
        mix_in_culture,
        n_workers,
        open_run,
        plan_again,
    )
    from culture_core.training.schedule import parse_budget
    from culture_core.training.start import begin_from
    from culture_core.training.worker import Job

    given = parse_budget(args.budget or "8h") if args.budget or not args.resume else None
    settings = open_run(folder, None if args.resume else _settings(args))
    if args.start is not None and not args.resume:
        settings = begin_from(folder, settings, args.start)
    workers = n_workers(device, settings.n_models, args.workers)
    job = Job(folder, settings, budget_of(folder, given), workers, args.checkpoint_seconds)
    plan_again(job)
    if args.resume and args.set:
        settings = change_recipe(folder, settings, changed(settings.recipe, args.set))
    if args.culture:
        n = mix_in_culture(folder, settings, args.out if args.resume else args.start or args.out)
        print(f"{n} culture quizzes join the training")
    return replace(job, settings=settings)


def _settings(args: argparse.Namespace) -> "Settings":
    from culture_core.models.mygpt import preset
    from culture_core.training.recipes import find_recipe
    from culture_core.training.run_folder import Settings
    from culture_core.world.quizzes import resolve_tasks

    recipe = changed(find_recipe(args.recipe), args.set)
    config = replace(preset(args.preset), dropout=recipe.dropout)
    return Settings(args.preset, config, recipe, args.models, args.seed, resolve_tasks(args.tasks))


def changed(recipe: "Recipe", changes: list[str]) -> "Recipe":
    """The recipe with entries NAME=VALUE changed."""
    types = {field.name: type(getattr(recipe, field.name)) for field in fields(recipe)}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in types or name == "name":
            raise CultureError(f"a recipe has no entry {name!r}: choose from {', '.join(types)}")
        try:
            recipe = replace(recipe, **{name: types[name](value)})
        except (TypeError, ValueError):
            raise CultureError(f"{value!r} is no value for {name}") from None
    return recipe


def _hardware(device: "torch.device", workers: int) -> "list[Hardware]":
    """What each worker computes on."""
    import torch

    from culture_core.processor import fast_dtype
    from culture_core.training.hardware import Hardware, n_cores

    dtype = fast_dtype(device)
    if device.type == "cpu":
        return [Hardware(device, dtype, threads=max(1, n_cores() // workers)) for _ in range(workers)]
    n_gpus = torch.cuda.device_count()
    return [Hardware(torch.device("cuda", k % n_gpus), dtype, compiled=True) for k in range(workers)]
