"""`culture answers`: the quizzes to browse, with every GPT's answer."""

import argparse

from culture_core.cli import common

DESCRIPTION = "answer a set of quizzes with every GPT, for the dashboard's Quizzes page"
EXAMPLES = ("answers --population cache/world-1M --n 400",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument("--n", type=common.positive, default=400, help="quizzes, the tasks in turn")
    parser.add_argument("--seed", type=int, default=11, help="seed of the quizzes")
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.evaluation.browse import open_browse, write_browse
    from culture_core.models.population import resolve_source

    common.use_threads(args)
    population, _ = common.open_population(args.population)
    source = resolve_source(args.population)
    models = dict(zip(source.ids, source.load_models(), strict=True))
    write_browse(population, models, args.n, args.seed, common.command_line(), progress="answering")
    shares = open_browse(population).correct.mean(1)
    rows = [{"GPT": k, "right": float(right)} for k, right in zip(models, shares, strict=True)]
    print(common.table(rows))
