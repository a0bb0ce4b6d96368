"""`culture transfer`: what the SAE of one GPT finds in the mapped states of another."""

import argparse
from typing import TYPE_CHECKING, Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.universality.transfer.reader import TransferReader

DESCRIPTION = "map the states of each GPT into every other, read them with its SAE, and steer across GPTs"
EXAMPLES = (
    "transfer --population cache/world-1M",
    "transfer --population cache/world-1M --n 480 --steered 0 --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.universality.transfer.store import TransferSettings

    common.add_population(parser)
    common.add_hook(parser)
    add_settings(parser, TransferSettings())
    common.add_if_stale(parser)
    common.add_device(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.transfer.stage import measure_population_transfer
    from culture_core.universality.transfer.store import TransferSettings

    transfer = measure_population_transfer(
        common.the_population(args),
        args.hook,
        read_settings(args, TransferSettings()),
        if_stale=args.if_stale,
        device=common.the_device(args),
        command=common.command_line(),
    )
    show(transfer)


def show(transfer: "TransferReader") -> None:
    """Print explained variance by kind of map, the share of features that transfer, agreement of steering."""
    from culture_core.universality.excess import HIGH
    from culture_core.universality.transfer.maps import KINDS

    print(f"explained variance of each SAE on its own GPT: {transfer.own.mean():.3f}")
    print(common.table([_row(transfer, kind) for kind in KINDS]))
    shares = transfer.share_above(HIGH)
    print(f"features that transfer with r {HIGH} above both baselines: {_percentages(shares)}")
    if transfer.was_steered:
        means = transfer.steering.drop(columns=["gpt", "feature", "other", "size"]).mean()
        print("steering, mean agreement: " + ", ".join(f"{name} {r:.2f}" for name, r in means.items()))


def _row(transfer: "TransferReader", kind: str) -> dict[str, Any]:
    return {
        "map": kind,
        "of a's states": transfer.mean_over_others("explained", kind),
        "of the mapped states": transfer.mean_over_others("fitted", kind),
        "of a's states, from an untrained GPT": float(transfer.of_untrained("explained", kind).mean()),
    }


def _percentages(shares: dict[int, float]) -> str:
    return ", ".join(f"GPT {k} {share:.0%}" for k, share in shares.items())
