"""`culture adopt`: a population of what `culture train-stacked` has written."""

import argparse

from culture_core.cli import common

DESCRIPTION = "make a population from the output folder of `culture train-stacked`"
EXAMPLES = (
    "adopt out/gpu_population cache/world-4M",
    "adopt out/second cache/world-4M --force",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", help="the --out folder of `culture train-stacked`", metavar="DIR")
    parser.add_argument("out", help="population folder to write, cache/NAME")
    parser.add_argument(
        "--force", action="store_true", help="replace an existing population and everything made from it"
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.models.population import read_manifest
    from culture_core.training.stacked.population import adopt

    population = adopt(args.run_folder, args.out, common.command_line(), force=args.force)
    manifest = read_manifest(population.root)
    for model in manifest["models"]:
        print(f"GPT {model['id']}: {model['accuracy']:.1%} of new quizzes right when it was trained")
    print(f"{len(manifest['models'])} GPTs written to {population.root}")
