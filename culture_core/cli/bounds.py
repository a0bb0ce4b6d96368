"""`culture bounds`: how many candidates would be kept at other bounds."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from culture_core.cli import common
from culture_core.errors import CultureError

if TYPE_CHECKING:
    from culture_core.culture.bounds import KeptShare
    from culture_core.culture.store import CultureStore

DESCRIPTION = "estimate the share of candidates kept over a grid of bounds, from what `culture invent` stored"
EXAMPLES = (
    "bounds --population cache/world-1M",
    "bounds --population cache/mine --run 2 --understands 0.95,0.9 --fails 0.5,0.3 --json bounds.json",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.culture.bounds import FAILS, UNDERSTANDS

    common.add_population(parser)
    parser.add_argument(
        "--run",
        dest="run_k",
        type=common.count,
        default=None,
        help="only this run (default: all)",
        metavar="K",
    )
    parser.add_argument(
        "--understands",
        type=shares,
        default=list(UNDERSTANDS),
        help="probabilities from which a GPT counts as understanding",
        metavar="P,..",
    )
    parser.add_argument(
        "--fails",
        type=shares,
        default=list(FAILS),
        help="probabilities up to which it counts as failing",
        metavar="P,..",
    )
    common.add_json(parser)


def shares(text: str) -> list[float]:
    """Numbers from 0 to 1, as in 0.95,0.9."""
    return [common.share(part) for part in text.split(",")]


def run(args: argparse.Namespace) -> None:
    from culture_core.culture.bounds import played_runs
    from culture_core.culture.published import open_store

    population = common.the_population(args)
    store = open_store(population)
    played = played_runs(store)
    if not played:
        raise CultureError(f"no run of `culture invent` in {population.root}")
    if args.run_k is not None and args.run_k not in played:
        raise CultureError(f"no run {args.run_k} was played; there are {', '.join(map(str, played))}")
    asked = played if args.run_k is None else [args.run_k]
    records = [record for k in asked if (record := _report(store, k, args, alone=len(asked) == 1))]
    common.report_json(args.json, {"runs": records})


def _report(
    store: "CultureStore", run_k: int, args: argparse.Namespace, *, alone: bool
) -> dict[str, Any] | None:
    """Print the table of a run, a row for each bound of understanding; of one among several that tells
    nothing, why."""
    from culture_core.culture.bounds import kept_shares, temperatures

    try:
        run, found = store.runs[run_k], kept_shares(store, run_k, args.understands, args.fails)
    except CultureError as error:
        if alone:
            raise
        print(f"run {run_k}: left out: {error}\n")
        return None
    hot, cold = temperatures(run)
    print(
        f"run {run_k}: hot {hot:g}, cold {cold:g}, {run['candidates']:,} candidates; share that would be "
        "kept, with its 95% interval"
    )
    print(common.table(_rows(found, args.understands, args.fails)) + "\n")
    return {
        "run": run_k,
        "hot": hot,
        "cold": cold,
        "candidates": run["candidates"],
        "grid": [asdict(one) for one in found],
    }


def _rows(found: "list[KeptShare]", understands: list[float], fails: list[float]) -> list[dict[str, Any]]:
    at = {(one.understands, one.fails): _words(one) for one in found}
    return [
        {"understands": f"{high:g}", **{f"fails {low:g}": at.get((high, low), "") for low in fails}}
        for high in understands
    ]


def _words(one: "KeptShare") -> str:
    low, high = one.interval
    return f"{one.share:.2%} ({low:.2%} to {high:.2%})"
