"""`culture probe`: what each layer knows, by linear probes."""

import argparse

from culture_core.cli import common

DESCRIPTION = "fit linear probes for every ground-truth concept at every layer of every GPT"
EXAMPLES = (
    "probe --population cache/world-1M",
    "probe --population cache/world-1M --n 960 --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.features.probes import ProbeSettings

    default = ProbeSettings()
    common.add_population(parser)
    parser.add_argument("--n", type=common.positive, default=default.n, help="quizzes, the tasks in turn")
    parser.add_argument(
        "--tokens", type=common.positive, default=default.tokens, help="tokens drawn from each quiz"
    )
    parser.add_argument(
        "--ridge", type=float, default=default.ridge, help="penalty on weights of inputs of unit variance"
    )
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of the quizzes and tokens")
    common.add_threads(parser)
    common.add_if_stale(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.features.probes import ProbeSettings
    from culture_core.features.probes_store import open_probes, probe_population, probes_are_current

    common.use_threads(args)
    population, manifest = common.open_population(args.population)
    models = common.chosen_models(manifest, None)
    settings = ProbeSettings(args.n, args.tokens, args.ridge, args.seed)
    if not (args.if_stale and probes_are_current(population, models, settings)):
        probe_population(population, models, settings, common.command_line(), progress="probing")
    table = open_probes(population).table
    columns = ["auroc", "baseline_auroc", "selectivity", "f1", "baseline_f1"]
    means = table.groupby("layer", sort=False)[columns].mean().reset_index()
    print(common.table([{str(key): row[key] for key in row} for row in means.to_dict("records")]))
