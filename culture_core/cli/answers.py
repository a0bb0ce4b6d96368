"""`culture answers`: the quizzes to browse, with every GPT's answer."""

import argparse

from culture_core.cli import common

DESCRIPTION = "answer a set of world, unseen and culture quizzes with every GPT, for the dashboard"
EXAMPLES = ("answers --population cache/world-1M --n 400",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    parser.add_argument("--n", type=common.positive, default=400, help="world quizzes, the tasks in turn")
    parser.add_argument(
        "--unseen", type=common.positive, default=140, help="quizzes of the tasks never trained on, in turn"
    )
    parser.add_argument(
        "--culture", type=common.positive, default=200, help="quizzes the GPTs invented, at most"
    )
    parser.add_argument("--seed", type=int, default=11, help="seed of the world and unseen quizzes")
    common.add_if_stale(parser)
    common.add_threads(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.answers.browse import BrowseSettings, browse_is_current, write_browse
    from culture_core.models.sources import resolve_source

    common.use_threads(args)
    population, manifest = common.open_population(args.population)
    settings = BrowseSettings(args.n, args.unseen, args.culture, args.seed)
    if args.if_stale and browse_is_current(population, common.chosen_models(manifest, None), settings):
        print(f"the answers of {args.population} are up to date")
        return
    source = resolve_source(args.population)
    models = dict(zip(source.ids, source.load_models(), strict=True))
    write_browse(population, models, settings, common.command_line(), progress="answering")
    _report(args.population)


def _report(root: str) -> None:
    """Print the share that each GPT answers right, by source of the quizzes."""
    import numpy as np

    from culture_core.answers.browse import open_browse

    browse = open_browse(common.open_population(root)[0])
    sources = np.array(browse.quizzes.source_names())
    rows = [
        {"GPT": k} | {source: float(correct[sources == source].mean()) for source in dict.fromkeys(sources)}
        for k, correct in zip(browse.models, browse.correct, strict=True)
    ]
    print(common.table(rows))
