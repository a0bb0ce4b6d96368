"""`culture convert`: published checkpoints into a population folder."""

import argparse

from culture_core.artifact import model_hashes

DESCRIPTION = "turn published checkpoints (gpt_NNN.pth, c_quizzes.pth) into a population folder"
EXAMPLES = (
    "convert results/ cache/mine",
    "convert hub cache/culture-37M",
    "convert hub cache/other --hub-repo someone/culture-gpt --dtype float16",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("src", help="folder with gpt_NNN.pth files, or `hub`")
    parser.add_argument("out", help="population folder to write, cache/NAME")
    parser.add_argument("--hub-repo", default=None, help="Hub repository, when SRC is `hub`")
    parser.add_argument(
        "--dtype",
        default="float32",
        choices=("float32", "float16", "bfloat16"),
        help="data type of the weights",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace an existing population and everything made from it"
    )


def run(args: argparse.Namespace) -> None:
    from culture_core.models.convert import convert
    from culture_core.models.population import read_manifest

    population = convert(args.src, args.out, hub_repo=args.hub_repo, dtype=args.dtype, force=args.force)
    for model in read_manifest(population.root)["models"]:
        if model["accuracy"] is None:
            print(f"GPT {model['id']}: its checkpoint gives no accuracy; `culture evaluate` measures it")
    print(f"{len(model_hashes(population))} GPTs written to {population.root}")
