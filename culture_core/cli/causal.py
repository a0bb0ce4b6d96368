"""`culture causal`: whether matched features matter in the same way to every GPT."""

import argparse
from typing import TYPE_CHECKING, Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.universality.causal.reader import CausalReader

DESCRIPTION = "ablate and scale matched features in every GPT and compare what it does to each task"
EXAMPLES = (
    "causal --population cache/world-1M",
    "causal --population cache/world-1M --groups 48 --n 480 --if-stale",
)
SHOWN = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.universality.causal.store import CausalSettings

    common.add_population(parser)
    common.add_hook(parser)
    add_settings(parser, CausalSettings())
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.causal.stage import check_causes
    from culture_core.universality.causal.store import CausalSettings

    causal = check_causes(
        common.the_population(args),
        args.hook,
        read_settings(args, CausalSettings()),
        if_stale=args.if_stale,
        device=common.the_device(args),
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    show(causal)


def show(causal: "CausalReader") -> None:
    """Print the agreement of the GPTs beside that of the controls, and the groups that agree most."""
    print(common.table([_row(causal, name) for name in causal.agreements]))
    print(f"features of different matched groups agree at {causal.agreement_across_groups:.4f}, mean of each")
    print()
    best = causal.table.sort_values("agreement", ascending=False).head(SHOWN)
    print(common.table(best.to_dict("records")))


def _row(causal: "CausalReader", name: str) -> dict[str, Any]:
    agreements = causal.agreements[name]
    return {
        "features": name,
        "groups": len(agreements),
        "agreement of all together": causal.pooled_agreement(name),
        "of their sizes": causal.size_agreement(name),
        "of each, mean": float(agreements.mean()),
    }
