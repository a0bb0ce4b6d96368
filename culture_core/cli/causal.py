"""`culture causal`: whether matched features matter in the same way to every GPT."""

import argparse

from culture_core.artifacts import PopulationFolder
from culture_core.cli import common
from culture_core.cli.index import the_hook

DESCRIPTION = "ablate and scale matched features in every GPT and compare what it does to each task"
EXAMPLES = (
    "causal --population cache/world-1M",
    "causal --population cache/world-1M --groups 48 --n 480 --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument("--hook", default=None, help="hook point (default: the only one that has SAEs)")
    parser.add_argument(
        "--groups", type=common.positive, default=24, help="matched groups, and groups of each control"
    )
    parser.add_argument("--n", type=common.positive, default=240, help="quizzes, the tasks in turn")
    parser.add_argument("--seed", type=int, default=12, help="seed of the quizzes and of the controls")
    parser.add_argument(
        "--scale", type=float, default=4.0, help="also multiply matched features by this; 0 leaves that out"
    )
    parser.add_argument(
        "--most-dense", type=common.share, default=0.05, help="leave out groups that fire on more tokens"
    )
    parser.add_argument(
        "--least-in-answer",
        type=common.share,
        default=0.1,
        help="leave out groups with a smaller share of their firing where the last grid is predicted",
    )
    common.add_if_stale(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.causal.run import run_causal
    from culture_core.universality.causal.store import CausalSettings, causal_is_current

    population, _ = common.open_population(args.population)
    hook = the_hook(population, args.hook)
    settings = CausalSettings(
        args.groups, args.n, args.seed, args.scale, args.most_dense, args.least_in_answer
    )
    if args.if_stale and causal_is_current(population, hook, settings):
        print(f"the causal check at {hook} is up to date")
    else:
        run_causal(
            population,
            hook,
            settings,
            common.command_line(),
            workers=common.n_workers(args),
            threads=args.threads,
            progress=True,
        )
    report(population, hook)


def report(population: PopulationFolder, hook: str) -> None:
    """Print the agreement of the GPTs beside that of the controls, and the groups that agree most."""
    from culture_core.universality.causal.reader import open_causal

    causal = open_causal(population, hook)
    rows = [
        {
            "features": name,
            "groups": len(values),
            "agreement of all together": causal.pooled_agreement(name),
            "of their sizes": causal.size_agreement(name),
            "of each, mean": float(values.mean()),
        }
        for name, values in causal.agreements.items()
    ]
    print(common.table(rows))
    print(f"features of different matched groups agree at {causal.agreement_across_groups:.4f}, mean of each")
    print()
    print(common.table(causal.table.sort_values("agreement", ascending=False).head(8).to_dict("records")))
