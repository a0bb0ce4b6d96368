"""`culture invent`: quizzes the GPTs make up themselves."""

import argparse
from pathlib import Path
from typing import Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings
from culture_core.errors import CultureError
from culture_core.places import check_new_file

DESCRIPTION = "let the GPTs invent quizzes, and keep those that some of them, but not all, understand"
EXAMPLES = (
    "invent --population cache/world-1M --n 1000 --seed 1 --json report.json",
    "invent --population cache/world-1M --n 10 --limit-candidates 640 --understands 0.5 --fails 0.1",
    "invent --population cache/mine --add-runs other-machine/mine",
    "invent --population cache/published --import-quizzes c_quizzes.pth",
    "invent --population cache/world-1M --export-quizzes out/c_quizzes.pth",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.culture.settings import RoundSettings
    from culture_core.culture.stage import CANDIDATES_PER_QUIZ

    common.add_population(parser)
    parser.add_argument(
        "--n",
        type=common.positive,
        default=None,
        help="quizzes to keep; run the same command again to continue a stopped run",
        metavar="N",
    )
    parser.add_argument(
        "--limit-candidates",
        type=common.positive,
        default=None,
        help=f"stop after this many candidates (default: {CANDIDATES_PER_QUIZ} times --n)",
        metavar="N",
    )
    add_settings(parser, RoundSettings())
    common.add_device(parser)
    parser.add_argument("--batch-size", type=common.positive, default=64, help="quizzes per forward pass")
    parser.add_argument(
        "--add-runs",
        default=None,
        help="first add the runs that the same GPTs made in this population folder, with other seeds",
        metavar="FOLDER",
    )
    parser.add_argument(
        "--import-quizzes",
        default=None,
        help="first import the quizzes of this c_quizzes.pth",
        metavar="FILE",
    )
    parser.add_argument(
        "--export-quizzes",
        default=None,
        help="finally write all kept quizzes to this c_quizzes.pth",
        metavar="FILE",
    )
    common.add_json(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.artifact import model_hashes
    from culture_core.culture.gathering import add_runs
    from culture_core.culture.published import export_published, import_published
    from culture_core.culture.settings import RoundSettings
    from culture_core.culture.stage import invent_for_population
    from culture_core.models.choice import find_population

    if not (args.n or args.add_runs or args.import_quizzes or args.export_quizzes):
        raise CultureError(
            "nothing to do: give --n, --add-runs FOLDER, --import-quizzes FILE or --export-quizzes FILE"
        )
    if args.json is not None and not args.n:
        raise CultureError("--json goes with --n: only invented quizzes have a report")
    if args.export_quizzes:
        check_new_file(args.export_quizzes)
        if args.json is not None and args.json.resolve() == Path(args.export_quizzes).resolve():
            raise CultureError("--json and --export-quizzes name one file; give each its own")
    common.use_threads(args)
    population, device = common.the_population(args), common.the_device(args)
    settings = read_settings(args, RoundSettings())
    if args.n:
        settings.verdicts.check(len(model_hashes(population)))
    if args.add_runs:
        n_added, n_twice = add_runs(population, find_population(args.add_runs))
        print(f"{n_added} quizzes added from {args.add_runs}; {n_twice} were here already")
    if args.import_quizzes:
        n_train, n_test = import_published(population, args.import_quizzes)
        print(f"{n_train} training and {n_test} test quizzes added from {args.import_quizzes}")
    if args.n:
        report = invent_for_population(
            population,
            args.n,
            settings,
            limit=args.limit_candidates,
            device=device,
            batch_size=args.batch_size,
            command=common.command_line(),
        )
        show(report)
        common.report_json(args.json, report)
    if args.export_quizzes:
        n_train, n_test = export_published(population, args.export_quizzes)
        print(f"{n_train} training and {n_test} test quizzes written to {args.export_quizzes}")


def show(report: dict[str, Any]) -> None:
    """Print what became of the candidates, by author and by reason."""
    print(
        f"{report['kept']} kept of {report['candidates']} candidates ({report['share_kept']:.2%}), "
        f"{report['candidates_per_second']:.3g} candidates per second; in the population now: "
        f"{report['kept_in_all']['train']} for training, {report['kept_in_all']['test']} for testing"
    )
    print("\n" + common.table(report["by_author"]))
    print("\n" + common.table([{"reason": r, "candidates": n} for r, n in report["by_reason"].items()]))
    if report["verdicts"]:
        print("\nverdicts on a random sample of candidates\n" + common.table(report["verdicts"]))
