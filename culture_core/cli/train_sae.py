"""`culture train-sae`: SAEs on hook points of each GPT."""

import argparse
from typing import Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

DESCRIPTION = "train an SAE (SAELens) on one or more hook points of every GPT of a population"
EXAMPLES = (
    "train-sae --population cache/world-1M",
    "train-sae --population cache/world-1M --hook blocks.2.hook_mlp_out --arch topk --k 16 --tokens 6e6",
    "train-sae --population cache/world-1M --hook blocks.1.hook_mlp_out,blocks.2.hook_mlp_out --models 0",
    "train-sae --population cache/world-1M --variant untrained",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.saes.training_stage import DEFAULTS

    common.add_population(parser)
    common.add_models(parser)
    common.add_variant(parser)
    parser.add_argument(
        "--baselines", action="store_true", help="also the untrained and the reseeded SAE of the first GPT"
    )
    common.add_hook(parser, default="residual stream at 2/3 depth", several=True)
    add_settings(parser, DEFAULTS)
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.saes.training_stage import DEFAULTS, at_hooks, train_population_saes

    population, device = common.the_population(args), common.the_device(args)
    hooks = [hook.strip() for hook in args.hook.split(",")] if args.hook else ()
    manifests = train_population_saes(
        population,
        at_hooks(population, hooks, read_settings(args, DEFAULTS)),
        models=args.models,
        variant=args.variant,
        baselines=args.baselines,
        if_stale=args.if_stale,
        device=device,
        workers=common.the_workers(args, device),
        command=common.command_line(),
    )
    show(manifests)
    if manifests:
        common.report_json(args.json, {"saes": manifests})


def show(manifests: list[dict[str, Any]]) -> None:
    """Print a row per SAE that was trained."""
    if manifests:
        print(common.table([_row(manifest) for manifest in manifests]))


def _row(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "GPT": manifest["id"],
        "variant": manifest["variant"] or "-",
        "hook": manifest["settings"]["hook"],
        "features": manifest["d_sae"],
        "seconds": manifest["made_by"]["seconds"],
    }
