"""`culture export`: GPTs as published checkpoints."""

import argparse

from culture_core.cli import common

DESCRIPTION = (
    "write the GPTs of a population as published gpt_NNN.pth files, which the original code can read"
)
EXAMPLES = ("export cache/world-1M out/published", "export cache/world-1M out/published --models 0,3")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", help="population folder")
    parser.add_argument("out", help="folder for the files")
    common.add_models(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.models.convert import export

    for path in export(args.source, args.out, args.models):
        print(path)
