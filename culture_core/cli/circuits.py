"""`culture circuits`: what each layer, head and MLP is needed for, and what the heads attend to."""

import argparse
from typing import TYPE_CHECKING

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.evaluation.circuits_stage import MeasuredCircuits

DESCRIPTION = (
    "accuracy and loss by task without each attention layer, head and MLP; what heads attend to and copy"
)
EXAMPLES = (
    "circuits --population cache/world-1M",
    "circuits --population cache/world-1M --models 0,2 --n 800 --if-stale",
)
WORST = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.evaluation.circuits import CircuitSettings

    common.add_population(parser)
    common.add_models(parser)
    add_settings(parser, CircuitSettings())
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.evaluation.circuits import CircuitSettings
    from culture_core.evaluation.circuits_stage import measure_population_circuits

    measured = measure_population_circuits(
        common.the_population(args),
        read_settings(args, CircuitSettings()),
        models=args.models,
        if_stale=args.if_stale,
        device=common.the_device(args),
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    show(measured)


def show(measured: "list[MeasuredCircuits]") -> None:
    """Print, for each GPT, the parts it needs most and its heads."""
    for one in measured:
        changes = one.circuits.changes("accuracy", "zero")
        worst = changes.sort_values(one.circuits.columns[0]).head(WORST).round(4).to_dict("index")
        rows = [{"set to zero": part, **row} for part, row in worst.items()]
        print(
            f"\nGPT {one.model_k} ({one.seconds:.0f} s): change of accuracy without the parts it needs most"
        )
        print(common.table(rows))
        heads = one.circuits.head_table().round(3).to_dict("records")
        print(f"\nGPT {one.model_k}: its heads\n{common.table(heads)}")
