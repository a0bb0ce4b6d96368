"""`culture heads`: a catalogue of attention heads."""

import argparse
from typing import TYPE_CHECKING

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.circuits.heads.catalogue import Heads

DESCRIPTION = "where each attention head looks, what it copies, what its ablation breaks, and who shares it"
EXAMPLES = (
    "heads --population cache/world-1M",
    "heads --population cache/world-1M --models 0,2 --n 600 --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.circuits.heads.catalogue import HeadSettings

    common.add_population(parser)
    common.add_models(parser)
    add_settings(parser, HeadSettings())
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.circuits.heads.catalogue import HeadSettings
    from culture_core.circuits.heads.stage import measure_population_heads

    measured = measure_population_heads(
        common.the_population(args),
        read_settings(args, HeadSettings()),
        models=args.models,
        if_stale=args.if_stale,
        device=common.the_device(args),
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    show(measured)


def show(measured: "dict[int, Heads]") -> None:
    """Print a sentence for each head of each GPT, and how alike the GPTs' heads are."""
    from culture_core.circuits.heads.matching import match_heads
    from culture_core.circuits.heads.words import head_sentence, matches_sentence

    matches = match_heads(measured)
    for k, heads in measured.items():
        print(f"\nGPT {k}")
        for number, name in enumerate(heads.names):
            block, head = divmod(number, heads.loss.shape[2])
            print(f"  {name}  {head_sentence(heads, block, head)}")
    print(f"\n{matches_sentence(matches)}")
