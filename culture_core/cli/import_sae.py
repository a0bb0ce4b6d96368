"""`culture import-sae`: a published SAE into a population."""

import argparse
import time

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.cli import common
from culture_core.errors import CultureError

DESCRIPTION = "put an SAE that others trained, such as the study's, into a population"
EXAMPLES = (
    "import-sae --population cache/published",
    "import-sae --population cache/published --source my/saes/blocks_8_mlp_out --model 0",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from culture_core.saes.published import PUBLISHED_NAME, PUBLISHED_REPO

    common.add_population(parser)
    parser.add_argument("--source", default="hub", help="a folder in SAELens' layout (3.14 or newer), or hub")
    parser.add_argument("--name", default=PUBLISHED_NAME, help="folder of the SAE in the repository")
    parser.add_argument("--hub-repo", default=PUBLISHED_REPO, help="repository, when the source is hub")
    parser.add_argument("--model", type=int, default=0, help="the GPT it belongs to")


def run(args: argparse.Namespace) -> None:
    from culture_core.saes.published import load_published_sae
    from culture_core.saes.store import save_sae
    from culture_core.saes.variants import model_sha256

    started = time.time()
    population, manifest = common.open_population(args.population)
    (model_k,) = common.chosen_models(manifest, [args.model])
    published = load_published_sae(args.source, args.name, hub_repo=args.hub_repo)
    sae, hook = published.sae, published.hook
    _check_fits(population, model_k, hook, sae.cfg.d_in)
    record = {
        "id": model_k,
        "variant": "",
        "settings": {"hook": hook, "architecture": sae.cfg.architecture(), **published.facts},
        "model_sha256": model_sha256(population, model_k),
        "d_sae": sae.cfg.d_sae,
        "d_in": sae.cfg.d_in,
        "made_by": provenance(common.command_line(), started),
    }
    save_sae(sae, population.sae(hook, model_k), record)
    print(f"SAE of {sae.cfg.d_sae:,} features on {hook} of GPT {model_k}: {population.sae(hook, model_k)}")


def _check_fits(population: PopulationFolder, model_k: int, hook: str, d_in: int) -> None:
    """Refuse an SAE of another shape of GPT.

    Errors: CultureError that says what does not fit.
    """
    import torch

    from culture_core.saes.hooks import activations_at
    from culture_core.saes.variants import gpt_for_hooks

    model = gpt_for_hooks(population, model_k, "", [hook])
    width = activations_at(model, hook, torch.zeros(1, 2, dtype=torch.long)).shape[-1]
    if width != d_in:
        raise CultureError(f"this SAE reads {d_in} dimensions, but {hook} of GPT {model_k} has {width}")
