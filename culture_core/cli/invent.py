"""`culture invent`: quizzes the GPTs make up themselves."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from culture_core.artifacts import PopulationFolder
from culture_core.cli import common
from culture_core.errors import CultureError

if TYPE_CHECKING:
    from culture_core.culture.settings import RoundSettings

DESCRIPTION = "let the GPTs invent quizzes, and keep those that some of them, but not all, understand"
EXAMPLES = (
    "invent --population cache/world-1M --n 1000 --seed 1 --json report.json",
    "invent --population cache/world-1M --n 10 --limit-candidates 640 --understands 0.5 --fails 0.1",
    "invent --population cache/published --import-quizzes c_quizzes.pth",
    "invent --population cache/world-1M --export-quizzes out/c_quizzes.pth",
)
CANDIDATES_PER_QUIZ = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument(
        "--n",
        type=common.positive,
        default=None,
        help="quizzes to keep; the same command again goes on with a run that was stopped",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of everything drawn")
    parser.add_argument(
        "--limit-candidates",
        type=common.positive,
        default=None,
        help=f"stop after so many candidates (default: {CANDIDATES_PER_QUIZ} for each of --n)",
    )
    _add_settings(parser)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument(
        "--batch-size",
        type=common.positive,
        default=64,
        help="quizzes computed at a time",
    )
    parser.add_argument(
        "--import-quizzes", default=None, help="first add the quizzes of this c_quizzes.pth", metavar="FILE"
    )
    parser.add_argument(
        "--export-quizzes", default=None, help="then write all kept quizzes as c_quizzes.pth", metavar="FILE"
    )
    common.add_json(parser)
    common.add_threads(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    from culture_core.culture.settings import InventingSettings, RoundSettings, VerdictSettings

    rounds, verdicts, inventing = RoundSettings(), VerdictSettings(), InventingSettings()
    options: list[tuple[str, Callable[[str], Any], Any, str]] = [
        ("hot", float, inventing.hot, "temperature of the first grid of a candidate"),
        ("cold", float, inventing.cold, "temperature of the other grids"),
        (
            "understands",
            common.share,
            verdicts.understands,
            "probability from which a GPT understands",
        ),
        ("fails", common.share, verdicts.fails, "probability up to which it fails"),
        ("min-failures", int, verdicts.min_failures, "GPTs that must fail a quiz that is kept"),
        ("max-failures", int, verdicts.max_failures, "GPTs that may fail it; all others must understand it"),
        ("noise", common.share, verdicts.noise, "share of noisy cells in what the GPTs are shown"),
        ("n-draws", common.positive, verdicts.n_draws, "noise draws a verdict"),
        ("round-size", common.positive, rounds.round_size, "candidates a round, all by one author"),
        ("max-age", int, rounds.max_age, "how many more candidates grow from the f_B of a rejected one"),
        ("sample", common.share, rounds.sample, "share of the candidates stored even when rejected"),
        ("test", common.share, rounds.test, "share of the kept quizzes held out for testing"),
    ]
    for name, kind, default, meaning in options:
        parser.add_argument(f"--{name}", type=kind, default=default, help=meaning)


def run(args: argparse.Namespace) -> None:
    from culture_core.culture.published import export_published, import_published

    if not (args.n or args.import_quizzes or args.export_quizzes):
        raise CultureError("nothing to do: give --n, --import-quizzes FILE or --export-quizzes FILE")
    common.use_threads(args)
    population, manifest = common.open_population(args.population)
    if args.import_quizzes:
        n_train, n_test = import_published(population, args.import_quizzes)
        print(f"{n_train} training and {n_test} test quizzes added from {args.import_quizzes}")
    if args.n:
        _warn(manifest)
        _invent(args, population)
    if args.export_quizzes:
        n_train, n_test = export_published(population, args.export_quizzes)
        print(f"{n_train} training and {n_test} test quizzes written to {args.export_quizzes}")


def _invent(args: argparse.Namespace, population: PopulationFolder) -> None:
    from culture_core.culture.rounds import invent_quizzes
    from culture_core.training.hardware import find_device

    report = invent_quizzes(
        population,
        args.n,
        _settings(args),
        limit=args.limit_candidates or CANDIDATES_PER_QUIZ * args.n,
        device=find_device(args.device),
        batch_size=args.batch_size,
        command=common.command_line(),
        progress="inventing",
    )
    _print(report)
    common.report_json(args.json, report)


def _settings(args: argparse.Namespace) -> "RoundSettings":
    from culture_core.culture.settings import InventingSettings, RoundSettings, VerdictSettings

    return RoundSettings(
        seed=args.seed,
        round_size=args.round_size,
        max_age=args.max_age,
        sample=args.sample,
        test=args.test,
        inventing=InventingSettings(args.hot, args.cold),
        verdicts=VerdictSettings(
            args.understands, args.fails, args.min_failures, args.max_failures, args.noise, args.n_draws
        ),
    )


def _warn(manifest: dict[str, Any]) -> None:
    """Say so when the GPTs know the world less well than invention presupposes."""
    from culture_core.culture.settings import READY_ACCURACY

    weak = [m["id"] for m in manifest["models"] if (m["accuracy"] or 0) < READY_ACCURACY]
    if weak:
        print(
            f"note: invention is meant for GPTs of {READY_ACCURACY:.0%} accuracy; below it: "
            f"GPT {', '.join(map(str, weak))}. Few quizzes will be kept"
        )


def _print(report: dict[str, Any]) -> None:
    print(
        f"{report['kept']} kept of {report['candidates']} candidates ({report['share_kept']:.2%}), "
        f"{report['candidates_per_second']:.3g} candidates a second; in the population now: "
        f"{report['kept_in_all']['train']} for training, {report['kept_in_all']['test']} for testing"
    )
    print("\n" + common.table(report["by_author"]))
    print("\n" + common.table([{"reason": r, "candidates": n} for r, n in report["by_reason"].items()]))
    if report["verdicts"]:
        print("\nverdicts on a random sample of candidates\n" + common.table(report["verdicts"]))
