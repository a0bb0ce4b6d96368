"""`culture evaluate-sae`: how good the SAEs of a hook point are, on held-out quizzes."""

import argparse
from typing import Any

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings
from culture_core.saes.choice import the_hook

DESCRIPTION = "measure the SAEs of a hook point: reconstruction, dead features, and accuracy kept"
EXAMPLES = (
    "evaluate-sae --population cache/world-1M",
    "evaluate-sae --population cache/world-1M --hook blocks.2.hook_resid_post --models 0 --json report.json",
)
COLUMNS = (
    "l0",
    "explained_variance",
    "cosine",
    "dead_share",
    "loss_recovered",
    "accuracy",
    "accuracy_spliced",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.saes.evaluation_stage import SAEFigureSettings

    common.add_population(parser)
    common.add_models(parser)
    common.add_variant(parser)
    common.add_hook(parser)
    add_settings(parser, SAEFigureSettings())
    common.add_if_stale(parser)
    common.add_device(parser)
    common.add_workers(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> None:
    from culture_core.saes.evaluation_stage import SAEFigureSettings, evaluate_population_saes

    population, device = common.the_population(args), common.the_device(args)
    hook = the_hook(population, args.hook)
    manifests = evaluate_population_saes(
        population,
        hook,
        read_settings(args, SAEFigureSettings()),
        models=args.models,
        variant=args.variant,
        if_stale=args.if_stale,
        device=device,
        workers=common.the_workers(args, device),
    )
    show(manifests)
    if manifests:
        common.report_json(args.json, {"hook": hook, "saes": manifests})


def show(manifests: list[dict[str, Any]]) -> None:
    """Print a row per SAE that was measured."""
    if manifests:
        print(common.table([_row(manifest) for manifest in manifests]))


def _row(manifest: dict[str, Any]) -> dict[str, Any]:
    figures = {name: manifest["figures"][name] for name in COLUMNS}
    return {"GPT": manifest["id"], "features": manifest["d_sae"], **figures}
