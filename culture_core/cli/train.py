"""`culture train`: GPTs that learn the world, from scratch or from existing GPTs."""

import argparse

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

DESCRIPTION = (
    "train GPTs on the world, from scratch or from existing GPTs, each with its own seed and quizzes; stops "
    "and resumes at any moment"
)
EXAMPLES = (
    "train --preset 1M --models 5 --out cache/mine --budget 8h",
    "train --out cache/mine --resume",
    "train --start cache/world-1M --seed 1 --out cache/longer --budget 8h",
    "train --out cache/mine --resume --budget 16h",
    "train --out cache/mine --resume --set focus=1",
    "train --out cache/mine --resume --culture --budget 12h",
    "train --out cache/mine --export-now",
    "train --preset 17K --models 2 --out cache/tiny --budget 5000-quizzes --set lr=0.01 --set batch_size=16",
    "train --preset 4M --models 5 --out cache/reproduced --recipe published --budget 24h",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.training.stage import ExportSettings, TrainSettings

    parser.add_argument(
        "--out",
        required=True,
        help="population folder to write; the run is kept in NAME.training",
        metavar="cache/NAME",
    )
    add_settings(parser, TrainSettings())
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        help="change one entry of the recipe (with --resume: from now on)",
        metavar="NAME=VALUE",
    )
    common.add_device(parser)
    common.add_n_workers(parser)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the run of --out with its own settings; a longer --budget extends it",
    )
    parser.add_argument(
        "--export-now",
        action="store_true",
        help="make the population from the newest checkpoints, without training",
    )
    add_settings(parser, ExportSettings())


def run(args: argparse.Namespace) -> None:
    from culture_core.training.stage import ExportSettings, TrainSettings, train_population

    population = train_population(
        args.out,
        read_settings(args, TrainSettings(), changes=tuple(args.set)),
        export=read_settings(args, ExportSettings()),
        resume=args.resume,
        export_now=args.export_now,
        device=args.device,
        workers=args.workers,
        command=common.command_line(),
    )
    if population is None:
        raise KeyboardInterrupt  # what comes after a training that was stopped, as in `train && build`, waits
    print(f"population written to {population.root}")
