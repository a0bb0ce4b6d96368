"""`culture match`: which features of the other GPTs fire on the same tokens."""

import argparse

import numpy as np

from culture_core.cli import common
from culture_core.cli.index import the_hook

DESCRIPTION = (
    "match every feature with the best-correlated feature of each other GPT, on the tokens of the index"
)
EXAMPLES = (
    "match --population cache/world-1M",
    "match --population cache/world-1M --hook blocks.2.hook_resid_post",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument("--hook", default=None, help="hook point (default: the only one that has SAEs)")


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.store import match_population, open_matches

    population, manifest = common.open_population(args.population)
    hook = the_hook(population, args.hook)
    models = common.chosen_models(manifest, None)
    match_population(population, hook, models, common.command_line(), progress="matching")
    matches = open_matches(population, hook)
    rows = [
        {
            "GPT": k,
            "median universality": float(np.median(matches.universality[k])),
            "features above 0.5": int((matches.universality[k] > 0.5).sum()),
            "above 0.9": int((matches.universality[k] > 0.9).sum()),
        }
        for k in models
    ]
    print(common.table(rows))
