"""`culture match`: which features of the other GPTs fire on the same tokens."""

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.universality.matching.reader import MatchReader

DESCRIPTION = (
    "match every feature with the best-correlated feature of each other GPT, beside what chance would give"
)
EXAMPLES = (
    "match --population cache/world-1M",
    "match --population cache/world-1M --hook blocks.2.hook_resid_post --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.universality.matching.store import MatchSettings

    common.add_population(parser)
    common.add_hook(parser)
    add_settings(parser, MatchSettings())
    common.add_if_stale(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.matching.stage import match_saes
    from culture_core.universality.matching.store import MatchSettings

    common.use_threads(args)
    matches = match_saes(
        common.the_population(args),
        args.hook,
        read_settings(args, MatchSettings()),
        if_stale=args.if_stale,
        command=common.command_line(),
    )
    show(matches)


def show(matches: "MatchReader") -> None:
    """Print how universal the features of each GPT are, and what was not measured."""
    print(common.table([_row(matches, k) for k in matches.models]))
    for name, remedy in matches.missing.items():
        print(f"not measured: {name}; {remedy}")


def _row(matches: "MatchReader", model_k: int) -> dict[str, Any]:
    table = matches.table(model_k)[matches.alive[model_k]]
    return {
        "GPT": model_k,
        "median universality": float(np.median(table.universality)),
        "above 0.5": int((table.universality > 0.5).sum()),
        "excess > 0.5": int((table.excess_permutation > 0.5).sum()),
        "median partial r": float(np.median(table.partial_r)),
        "mutual in all": int((table.n_mutual == len(matches.models) - 1).sum()),
        "in a group": int((table.group >= 0).sum()),
    }
