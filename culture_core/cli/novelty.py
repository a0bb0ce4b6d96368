"""`culture novelty`: whether what the GPTs invented is new."""

import argparse

from culture_core.cli import common

DESCRIPTION = "compare every kept culture quiz with the rules of the world: which is nearest, and how near"
EXAMPLES = (
    "novelty --population cache/world-1M",
    "novelty --population cache/world-1M --list 20 --json novelty.json",
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
    common.add_json(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.culture.nearest.gallery import novelty, open_gallery

    common.use_threads(args)
    population = common.the_population(args)
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
