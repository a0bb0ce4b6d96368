"""`culture quizzes`: generate quizzes into a file or a Hugging Face dataset."""

import argparse
import os
from pathlib import Path
from typing import Any

from culture_core.artifacts import provenance
from culture_core.cli import common
from culture_core.errors import CultureError

DESCRIPTION = "generate quizzes with their ground truth"
EXAMPLES = (
    "quizzes --tasks frame,contact --n 1000 --seed 0 --structure A,f_A,B,f_B --out quizzes.npz",
    "quizzes --tasks world --n 250 --structure mixed --noise 0.05 --out mixed.npz",
    "quizzes --tasks all --n 70000 --dataset out/puzzles --partitioned",
    "quizzes --tasks bounce --n 3 --show",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tasks", default="world", help="world, unseen, all, or names separated by commas")
    parser.add_argument("--n", type=common.positive, default=1000, help="quizzes per task", metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="seed of the quiz set")
    parser.add_argument(
        "--structure",
        default="A,f_A,B,f_B",
        help="order of the grids; `mixed` is all five orders, `answerable` the four that ask for one grid",
    )
    parser.add_argument("--noise", type=common.share, default=0.0, help="share of noisy cells in the prompt")
    parser.add_argument("--out", default=None, help="npz file: tokens, task and all metadata", metavar="FILE")
    parser.add_argument("--dataset", default=None, help="folder for a Hugging Face dataset", metavar="DIR")
    parser.add_argument("--partitioned", action="store_true", help="one split per task in the dataset")
    parser.add_argument("--push", default=None, help="then push it to this Hub repository", metavar="REPO")
    parser.add_argument(
        "--show", action="store_true", help="print the quizzes (the first ten) in the terminal"
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.world.quizzes import generate_quizzes
    from culture_core.world.tasks.choice import resolve_tasks

    tasks = resolve_tasks(args.tasks)
    if not (args.out or args.dataset or args.show):
        raise CultureError("nothing to do: give --out FILE, --dataset DIR or --show")
    if args.push and not args.dataset:
        raise CultureError("--push needs --dataset DIR: the dataset is written there first")
    if args.partitioned and not args.dataset:
        raise CultureError("--partitioned goes with --dataset DIR")
    _check_places(args)
    settings = {"seed": args.seed, "structure": args.structure, "noise": args.noise}
    if args.out:
        _write_file(args, tasks, settings)
    if args.dataset:
        _write_dataset(args, tasks, settings)
    if args.show:
        _show(generate_quizzes(tasks, min(args.n, 10), **settings))


def _check_places(args: argparse.Namespace) -> None:
    from culture_core.world.dataset import check_dataset_folder, check_hub_access
    from culture_core.world.storage import check_quiz_file

    if args.out and args.dataset and Path(args.out).resolve() == Path(args.dataset).resolve():
        raise CultureError("--out and --dataset name one place; give each its own")

    if args.out:
        check_quiz_file(args.out)
    if args.dataset:
        check_dataset_folder(args.dataset)
    if args.push:
        check_hub_access()


def _write_file(args: argparse.Namespace, tasks: tuple[str, ...], settings: dict[str, Any]) -> None:
    from culture_core.world.quizzes import generate_quizzes
    from culture_core.world.storage import save_quizzes

    batch = generate_quizzes(tasks, args.n, **settings)
    made_by = provenance(common.command_line(), tasks=list(tasks), n_per_task=args.n, **settings)
    save_quizzes(batch, Path(args.out), made_by)
    print(f"{len(batch)} quizzes of {len(tasks)} tasks written to {args.out}")


def _write_dataset(args: argparse.Namespace, tasks: tuple[str, ...], settings: dict[str, Any]) -> None:
    from culture_core.world.dataset import push_dataset, write_dataset

    write_dataset(Path(args.dataset), tasks, args.n, by_task=args.partitioned, progress=True, **settings)
    print(f"{args.n * len(tasks)} quizzes of {len(tasks)} tasks written to {args.dataset}")
    if args.push:
        push_dataset(Path(args.dataset), args.push)
        print(f"pushed to {args.push}")


def _show(batch: Any) -> None:
    import sys

    from culture_core.world.rendering import repr_grid

    wants_colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for task, tokens in zip(batch.task_names()[:10], batch.tokens[:10], strict=True):
        print(f"\n{task}\n{repr_grid(tokens, colour=wants_colour)}")
