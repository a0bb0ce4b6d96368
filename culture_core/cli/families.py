"""`culture families`: what groups and families of features do to the answer, in every GPT."""

import argparse
from typing import TYPE_CHECKING, Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.universality.families.reader import FamilyReader

DESCRIPTION = (
    "ablate and interchange the groups and families of features with the most influence on the answer"
)
EXAMPLES = (
    "families --population cache/world-1M",
    "families --population cache/world-1M --groups 40 --families 40 --n 160 --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.universality.families.store import FamilySettings

    common.add_population(parser)
    common.add_hook(parser)
    add_settings(parser, FamilySettings())
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.families.stage import measure_families
    from culture_core.universality.families.store import FamilySettings

    families = measure_families(
        common.the_population(args),
        args.hook,
        read_settings(args, FamilySettings()),
        if_stale=args.if_stale,
        device=common.the_device(args),
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    show(families)


def show(families: "FamilyReader") -> None:
    """Print the effect of every set beside that of its controls, and how many are real in all GPTs."""
    from culture_core.universality.families.effects import MEASURES
    from culture_core.universality.families.reader import KINDS

    print(common.table(families.table.drop(columns=["kind", "name"]).to_dict("records")))
    print(
        "share whose effect is distinguishable from 0 in every GPT, beside the controls', and above theirs:"
    )
    print(common.table([_share(families, kind, measure) for kind in KINDS for measure in MEASURES]))
    for name, values in families.ceilings.items():
        print(f"interchanging {name} moves the answer by {values[:, 0].mean():.2f} nats")


def _share(families: "FamilyReader", kind: str, measure: str) -> dict[str, Any]:
    return {
        "sets": kind,
        "change": measure,
        "share": families.share_real(kind, measure),
        "controls": families.share_real(kind, measure, controls=True),
        "above controls": families.share_beating(kind, measure),
    }
