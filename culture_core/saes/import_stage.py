"""The stage behind `culture import-sae`: adding an SAE trained elsewhere to a population."""

import time
from dataclasses import dataclass
from typing import Any

from culture_core.artifacts import PopulationFolder, provenance
from culture_core.errors import CultureError
from culture_core.models.choice import chosen_models
from culture_core.saes.published import PUBLISHED_NAME, PUBLISHED_REPO
from culture_core.settings import setting


@dataclass(frozen=True)
class ImportSettings:
    """Which SAE, and whose."""

    source: str = setting("hub", "a folder in SAELens' layout (3.14 or newer), or hub")
    name: str = setting(PUBLISHED_NAME, "folder of the SAE in the repository")
    hub_repo: str = setting(PUBLISHED_REPO, "Hub repository, when the source is hub")
    model: int = setting(0, "id of the GPT it belongs to")


def import_sae(
    population: PopulationFolder, settings: ImportSettings | None = None, *, command: str = ""
) -> dict[str, Any]:
    """Put an SAE into a population; returns its manifest.

    Errors: CultureError when it cannot be read or does not fit the GPT.
    """
    from culture_core.saes.published import load_published_sae
    from culture_core.saes.store import sae_artifact, save_sae
    from culture_core.saes.variants import model_sha256

    started, settings = time.time(), settings or ImportSettings()
    (model_k,) = chosen_models(population, [settings.model])
    published = load_published_sae(settings.source, settings.name, hub_repo=settings.hub_repo)
    sae, hook = published.sae, published.hook
    _check_fits(population, model_k, hook, sae.cfg.d_in)
    sae_artifact(population, hook, model_k).check_writable()
    manifest = {
        "id": model_k,
        "variant": "",
        "settings": {"hook": hook, "architecture": sae.cfg.architecture(), **published.facts},
        "model_sha256": model_sha256(population, model_k),
        "d_sae": sae.cfg.d_sae,
        "d_in": sae.cfg.d_in,
        "made_by": provenance(command, started),
    }
    save_sae(sae, population.sae(hook, model_k), manifest)
    return manifest


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
