"""`culture joint`: one dictionary for the states of all GPTs."""

import argparse
from typing import TYPE_CHECKING

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

if TYPE_CHECKING:
    from culture_core.universality.joint.reader import JointReader

DESCRIPTION = (
    "train one dictionary on all GPTs together (a crosscoder) and compare it with their own features"
)
EXAMPLES = (
    "joint --population cache/world-1M",
    "joint --population cache/world-1M --width 8 --k 48 --tokens 4e6 --if-stale",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.universality.joint.store import JointSettings

    common.add_population(parser)
    common.add_hook(parser)
    add_settings(parser, JointSettings())
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.universality.joint.stage import measure_joint_dictionary
    from culture_core.universality.joint.store import JointSettings

    joint = measure_joint_dictionary(
        common.the_population(args),
        args.hook,
        read_settings(args, JointSettings()),
        if_stale=args.if_stale,
        device=common.the_device(args),
        workers=common.the_workers(args),
        command=common.command_line(),
    )
    show(joint)


def show(joint: "JointReader") -> None:
    """Print what the dictionary explains, who uses its latents, and which features have a shared one."""
    from culture_core.universality.excess import HIGH

    m = len(joint.models)
    print(common.table([{"GPT": k, "explained variance": share} for k, share in joint.explained.items()]))
    print(f"{joint.alive.sum():,} of {joint.n_latents:,} latents fire; used by so many of the {m} GPTs:")
    print(
        common.table([{"GPTs": n, "latents": f"{share:.1%}"} for n, share in joint.shares_by_users.items()])
    )
    shares = ", ".join(f"GPT {k} {share:.0%}" for k, share in joint.share_above(HIGH).items())
    print(f"features with a latent of all GPTs at r {HIGH} above shuffled quizzes: {shares}")
