"""`culture train-stacked`: all GPTs of a population at once, by the clock, for a short time on a fast GPU."""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from culture_core.cli import common
from culture_core.errors import typed

if TYPE_CHECKING:
    from culture_core.training.stacked.settings import StackedSettings

DESCRIPTION = (
    "train all GPTs at once as one stacked model for a fixed time, such as a few minutes on a fast GPU "
    "(scripts/gpu_population.sh runs it; `culture adopt` makes a population of what it writes)"
)
EXAMPLES = (
    "train-stacked --out out/gpu_population --minutes 9",
    "train-stacked --resume out/gpu_population --out out/second --minutes 4",
    "train-stacked --out out/steady --minutes 9 --batch 128 --set decay_share=0.4 --set focus=2",
    "train-stacked --out out/try --device cpu --preset 17K --models 2 --batch 8 --minutes 0.5",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.models.mygpt import PRESETS

    parser.add_argument("--out", required=True, help="folder for weights, log and report", metavar="DIR")
    parser.add_argument(
        "--minutes",
        type=common.positive_number,
        default=9.0,
        help="total wall-clock time, including writing the last file",
    )
    parser.add_argument("--preset", default="4M", choices=tuple(PRESETS), help="size of the GPTs")
    parser.add_argument("--models", type=common.positive, default=5, help="how many GPTs")
    parser.add_argument(
        "--seed", type=int, default=90_000, help="GPT k starts with seed + k, and draws its quizzes from it"
    )
    parser.add_argument("--tasks", default="world", help="world, unseen, all, or names separated by commas")
    parser.add_argument(
        "--batch",
        type=common.positive,
        default=None,
        help="quizzes per GPT and step (default: chosen by trial)",
    )
    parser.add_argument(
        "--set", action="append", default=[], help="change one entry of the recipe", metavar="NAME=VALUE"
    )
    parser.add_argument(
        "--resume",
        default=None,
        help="continue from the weights in an earlier run's --out folder, with the next quizzes of its "
        "streams and its own decay (default recipe: half the rates, decaying for nine tenths of the time)",
        metavar="DIR",
    )
    common.add_device(parser)
    parser.add_argument("--num-test-samples", type=common.positive, default=2000, help="quizzes per check")
    parser.add_argument("--no-compile", action="store_true", help="do not try torch.compile")
    parser.add_argument(
        "--careful",
        action="store_true",
        help="use only basic PyTorch operations, make quizzes on the CPU, skip trials (slower)",
    )
    parser.add_argument(
        "--started",
        type=float,
        default=None,
        help="start of the time budget, in seconds since 1970 (default: now)",
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.training.stacked.loop import train

    out = train(_settings(args))
    print(f"make a population of it with: {typed('adopt', out.root, 'cache/NAME')}")


def _settings(args: argparse.Namespace) -> "StackedSettings":
    import torch

    from culture_core.models.mygpt import preset
    from culture_core.processor import find_device
    from culture_core.training.stacked.clock import Clock
    from culture_core.training.stacked.settings import FIRST_RECIPE, RESUMED_RECIPE, StackedSettings
    from culture_core.training.stage import changed_recipe
    from culture_core.world.tasks.choice import resolve_tasks

    device = find_device(args.device)
    if device.type == "cuda" and device.index is None:
        device = torch.device("cuda", torch.cuda.current_device())
    return StackedSettings(
        preset=args.preset,
        config=replace(preset(args.preset), dropout=0.0),
        recipe=changed_recipe(RESUMED_RECIPE if args.resume else FIRST_RECIPE, args.set),
        n_models=args.models,
        seed=args.seed,
        tasks=resolve_tasks(args.tasks),
        minutes=args.minutes,
        clock=Clock(time.time() if args.started is None else args.started),
        out=Path(args.out),
        device=device,
        batch=args.batch,
        resume=Path(args.resume) if args.resume else None,
        compiled=not args.no_compile,
        careful=args.careful,
        n_check=args.num_test_samples,
        command=common.command_line(),
    )
