"""`culture import-sae`: a published SAE into a population."""

import argparse

from culture_core.cli import common
from culture_core.cli.options import add_settings, read_settings

DESCRIPTION = "import an SAE trained elsewhere, such as the study's, into a population"
EXAMPLES = (
    "import-sae --population cache/published",
    "import-sae --population cache/published --source my/saes/blocks_8_mlp_out --model 0",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.saes.import_stage import ImportSettings

    common.add_population(parser)
    add_settings(parser, ImportSettings())


def run(args: argparse.Namespace) -> None:
    from culture_core.saes.import_stage import ImportSettings, import_sae

    population = common.the_population(args)
    settings = read_settings(args, ImportSettings())
    manifest = import_sae(population, settings, command=common.command_line())
    hook, model_k = manifest["settings"]["hook"], manifest["id"]
    print(
        f"SAE of {manifest['d_sae']:,} features on {hook} of GPT {model_k}: {population.sae(hook, model_k)}"
    )
