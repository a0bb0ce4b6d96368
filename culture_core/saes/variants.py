"""The GPTs that SAEs are trained on: those of a population, and the stand-ins that baselines need.

An SAE's variant (culture_core/artifacts.py, VARIANTS) says which GPT it reads and how it was seeded:
"" and "reseeded" read GPT k of the population, from different seeds; "untrained" reads a GPT of the same
shape that has learned nothing, so that what such an SAE finds is there without any training. "joint" reads
all GPTs of the population side by side (joint.py).
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from culture_core import artifact
from culture_core.artifacts import JOINT, RESEEDED, UNTRAINED, PopulationFolder
from culture_core.models.api import load_culture
from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.models.population import read_manifest
from culture_core.models.protocols import GPT
from culture_core.saes.hooks import check_hook, shown_by_gpt

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer

UNTRAINED_SEED = 2000
SEED_OFFSETS = {"": 0, UNTRAINED: 100, RESEEDED: 200, JOINT: 300}


def load_gpt(population: PopulationFolder, model_k: int, variant: str = "") -> MyGPT:
    """The GPT that an SAE of this variant reads, in eval mode."""
    if variant != UNTRAINED:
        return load_culture(model_k, population.root)[0]
    gpt = untrained_gpt(MyGPTConfig(**read_manifest(population.root)["config"]), UNTRAINED_SEED + model_k)
    gpt.id = model_k
    return gpt


def load_model(
    population: PopulationFolder, model_k: int, variant: str = "", *, sae: bool = False
) -> "HookedTransformer":
    """The same as a TransformerLens model; sae: as SAELens' HookedSAETransformer."""
    from culture_core.models.hooked import to_hooked

    return to_hooked(load_gpt(population, model_k, variant), sae=sae)


def gpt_for_hooks(
    population: PopulationFolder,
    model_k: int,
    variant: str,
    hooks: Sequence[str],
    *,
    device: str = "cpu",
    to_train: bool = False,
) -> GPT:
    """The faster kind of model that has these hook points: a MyGPT, else a HookedTransformer; for a joint
    dictionary all GPTs as one.

    to_train: a joint dictionary measures the means and scales of the states anew, as one to be trained does,
    and does not take those kept with the one on disk.
    Errors: CultureError for a hook point that neither has.
    """
    if variant == JOINT:
        from culture_core.saes.joint import JointGPT
        from culture_core.saes.standard import stored_standards

        gpts = [gpt.to(device) for gpt in load_culture(source=population.root)]
        whole = model_sha256(population, model_k, JOINT)
        return JointGPT(gpts, {} if to_train else stored_standards(population, model_k, hooks, whole))
    gpt = load_gpt(population, model_k, variant).to(device)
    if all(shown_by_gpt(gpt, hook) for hook in hooks):
        return gpt
    from culture_core.models.hooked import to_hooked

    hooked = to_hooked(gpt, sae=True)
    for hook in hooks:
        check_hook(hooked, hook)
    return hooked


def untrained_gpt(config: MyGPTConfig, seed: int) -> MyGPT:
    """A GPT with the weights that training would begin from, in eval mode; the caller's random state is
    kept."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MyGPT(config).eval()


def model_sha256(population: PopulationFolder, model_k: int, variant: str = "") -> str:
    """SHA-256 of the weights that an SAE of this variant reads: of the file, of the bytes of an untrained
    GPT's tensors in order, or of the hashes of all GPTs."""
    if variant == JOINT:
        return artifact.all_models_sha256(population)
    if variant != UNTRAINED:
        return artifact.model_sha256(population, model_k)
    digest = hashlib.sha256()
    for tensor in load_gpt(population, model_k, variant).state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
