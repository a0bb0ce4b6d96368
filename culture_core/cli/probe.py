"""`culture probe`: what each layer knows, by linear probes."""

import argparse
from typing import TYPE_CHECKING

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.features.probing.store import Probes

DESCRIPTION = "fit linear probes for every ground-truth concept at every layer of every GPT"
EXAMPLES = (
    "probe --population cache/world-1M",
    "probe --population cache/world-1M --n 960 --if-stale",
)
SCORES = ["auroc", "baseline_auroc", "selectivity", "f1", "baseline_f1"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.features.probing.probes import ProbeSettings

    common.add_population(parser)
    add_settings(parser, ProbeSettings())
    common.add_workers(parser)
    common.add_if_stale(parser)
    common.add_device(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.features.probing.probes import ProbeSettings
    from culture_core.features.probing.stage import probe_population

    probes = probe_population(
        common.the_population(args),
        read_settings(args, ProbeSettings()),
        if_stale=args.if_stale,
        device=common.the_device(args),
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    show(probes)


def show(probes: "Probes") -> None:
    """Print mean scores, a row per layer."""
    means = probes.table.groupby("layer", sort=False)[SCORES].mean().reset_index()
    print(common.table([{str(key): row[key] for key in row} for row in means.to_dict("records")]))
