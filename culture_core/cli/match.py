"""`culture match`: which features of the other GPTs fire on the same tokens."""

import argparse

import numpy as np

from culture_core.cli import common
from culture_core.cli.index import the_hook

DESCRIPTION = (
    "match every feature with the best-correlated feature of each other GPT, beside what chance would give"
)
EXAMPLES = (
    "match --population cache/world-1M",
    "match --population cache/world-1M --hook blocks.2.hook_resid_post --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument("--hook", default=None, help="hook point (default: the only one that has SAEs)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the baselines' shuffles and rotations")
    parser.add_argument(
        "--rotation-quizzes", type=int, default=500, help="quizzes of the rotation baseline; 0 leaves it out"
    )
    common.add_if_stale(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.matching.store import MatchSettings, match_population, matches_are_current

    common.use_threads(args)
    population, manifest = common.open_population(args.population)
    hook = the_hook(population, args.hook)
    models = common.chosen_models(manifest, None)
    settings = MatchSettings(seed=args.seed, rotation_quizzes=args.rotation_quizzes)
    if args.if_stale and matches_are_current(population, hook, models, settings):
        print(f"the matches at {hook} are up to date")
    else:
        match_population(population, hook, models, common.command_line(), settings, progress=True)
    report(population, hook)


def report(population: common.PopulationFolder, hook: str) -> None:
    from culture_core.universality.matching.store import open_matches

    matches = open_matches(population, hook)
    rows = []
    for k in matches.models:
        table = matches.table(k)
        rows.append(
            {
                "GPT": k,
                "median universality": float(np.median(table.universality)),
                "above 0.5": int((table.universality > 0.5).sum()),
                "excess > 0.5": int((table.excess_permutation > 0.5).sum()),
                "median partial r": float(np.median(table.partial_r)),
                "mutual in all": int((table.n_mutual == len(matches.models) - 1).sum()),
                "in a group": int((table.group >= 0).sum()),
            }
        )
    print(common.table(rows))
    for name, remedy in matches.missing.items():
        print(f"not measured: {name}; {remedy}")
