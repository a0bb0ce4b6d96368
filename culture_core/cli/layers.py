"""`culture layers`: which features of the same GPT fire on the same tokens at the hook points around."""

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np

from culture_core.cli import common

if TYPE_CHECKING:
    from culture_core.universality.layers.reader import LayerReader

DESCRIPTION = "follow every feature through the layers of its GPT: its nearest at the hook points around it"
EXAMPLES = (
    "layers --population cache/mine",
    "layers --population cache/mine --models 0,1 --if-stale",
)
STRONG_R = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    common.add_population(parser)
    common.add_models(parser)
    common.add_if_stale(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.layers.stage import follow_layers

    found = follow_layers(
        common.the_population(args),
        models=args.models,
        if_stale=args.if_stale,
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    show(found)


def show(found: "dict[int, LayerReader]") -> None:
    """Print how many features go on at each next hook point."""
    print(common.table([_row(k, reader, pair) for k, reader in found.items() for pair in reader.pairs]))


def _row(model_k: int, reader: "LayerReader", pair: tuple[str, str]) -> dict[str, Any]:
    from culture_core.saes.hook_order import short_words

    first, second = pair
    on, back = reader.best_r(first, second), reader.best_r(second, first)
    return {
        "GPT": model_k,
        "from": short_words(first),
        "to": short_words(second),
        "median r": float(np.nanmedian(on)),
        f"goes on (r > {STRONG_R})": f"{np.mean(on[~np.isnan(on)] > STRONG_R):.1%}",
        f"was there (r > {STRONG_R})": f"{np.mean(back[~np.isnan(back)] > STRONG_R):.1%}",
    }
