"""`culture novelty`: whether what the GPTs invented is new."""

import argparse
from typing import TYPE_CHECKING

from culture_core.cli import common

if TYPE_CHECKING:
    from culture_core.culture.nearest.store import Nearest

DESCRIPTION = "compare every kept culture quiz with the rules of the world: which is nearest, and how near"
EXAMPLES = (
    "novelty --population cache/world-1M",
    "novelty --population cache/world-1M --list 20 --json novelty.json",
    "novelty --population cache/mine --save --if-stale",
)
LISTED = ("number", "author", "split", "task", "distance", "guess", "guess_p", "unusual")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument(
        "--list",
        type=common.count,
        default=0,
        help="also print this many quizzes, those farthest from any rule",
    )
    parser.add_argument(
        "--save", action="store_true", help="also keep this in the population, for the dashboard"
    )
    common.add_if_stale(parser)
    common.add_json(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.culture.nearest.gallery import novelty, open_gallery
    from culture_core.culture.nearest.store import save_nearest
    from culture_core.errors import CultureError

    if args.if_stale and not args.save:
        raise CultureError("--if-stale is about what --save keeps; add --save")
    common.use_threads(args)
    population = common.the_population(args)
    if args.save:
        save_nearest(population, if_stale=args.if_stale, command=common.command_line())
    frame = open_gallery(population).frame
    report = novelty(frame)
    low, high = report["share_new_interval"]
    print(
        f"{report['new']} of {report['kept']} kept quizzes obey no rule of the world "
        f"({report['share_new']:.1%}, 95% interval {low:.1%} to {high:.1%})"
    )
    cells = [{"cells wrong": name, "quizzes": n} for name, n in report["distances"].items()]
    print("\n" + common.table(cells))
    print("\n" + common.table(report["by_task"]))
    if args.list:
        farthest = frame.sort_values(["distance", "unusual"], ascending=False)[: args.list]
        print("\n" + common.table(farthest[list(LISTED)].to_dict("records")))
    common.report_json(args.json, report)


def show(found: "Nearest | None") -> None:
    """Print how many quizzes no rule explains, of those compared anew."""
    if found is not None:
        new = int((found.distances.min(1) > 0).sum())
        print(f"{new} of {len(found.distances)} kept quizzes obey no rule of the world")
