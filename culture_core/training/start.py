"""Starting a run from existing GPTs rather than from scratch."""

from dataclasses import replace
from typing import Any, cast

import torch

from culture_core.artifacts import MANIFEST, read_json, sha256_file
from culture_core.errors import CultureError
from culture_core.models.mygpt import Block, MyGPT, MyGPTConfig
from culture_core.models.sources import ModelSource, resolve_source
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.trainer import Trainer


def start_facts(source: ModelSource) -> dict[str, Any]:
    """What a manifest says of the GPTs a run begins with: their place and the hashes of their files."""
    return {"source": source.name, "sha256": [sha256_file(source.files[k]) for k in source.ids]}


def begin_from(folder: RunFolder, settings: Settings, source_name: str) -> Settings:
    """Give every GPT of a new run the weights of the GPT of the same number in a source of models.

    Only the weights are taken: optimizers, rate and quizzes begin as for a new GPT, from its seed. Where the
    settings ask for more blocks, new ones that change nothing yet are put in (`deepened`).
    Returns the settings, which name the source from now on.
    Errors: CultureError when the source has too few GPTs, or GPTs of another shape.
    """
    source = resolve_source(source_name)
    models = source.load_models(range(settings.n_models))
    for model in models:
        if not _can_become(model.config, settings.config):
            raise CultureError(f"the GPTs of {source.name} are not of preset {settings.preset}")
    if not _seeds_of(source).isdisjoint(range(settings.seed, settings.seed + settings.n_models)):
        raise CultureError(
            f"the GPTs of {source.name} were trained with seed {settings.seed} too, and would see the same "
            "quizzes again; name another --seed"
        )
    settings = replace(settings, start=start_facts(source))
    for k, model in enumerate(models):
        trainer = Trainer(settings.config, settings.recipe, settings.seed + k, settings.tasks)
        trainer.model.load_state_dict(deepened(model, trainer.model).state_dict())
        folder.save_checkpoint(k, trainer.state_dict())
    folder.write_settings(settings)
    return settings


def _seeds_of(source: ModelSource) -> set[int]:
    """Seeds that the GPTs of a source were trained with, in its last run, as its manifest has them."""
    if MANIFEST not in source.documents:
        return set()
    training = read_json(source.documents[MANIFEST]).get("training") or {}
    return set(training.get("seeds", []))


def _can_become(config: MyGPTConfig, wanted: MyGPTConfig) -> bool:
    """Whether a GPT has the wanted shape, or would with more blocks."""
    alike = replace(config, dropout=wanted.dropout, n_blocks=wanted.n_blocks) == wanted
    return alike and config.n_blocks <= wanted.n_blocks


@torch.no_grad()
def deepened(model: MyGPT, fresh: MyGPT) -> MyGPT:
    """The same function with more blocks: `fresh` gets the weights of `model`, and where it has more blocks,
    every second of the last ones stays new and adds nothing, as what it writes is set to zero.

    A zero that is written still learns, since what it reads is random.
    Source: T. Chen et al. 2016, "Net2Net"; Y. Shen et al. 2022, "Staged training for transformer models".
    """
    new = set(new_blocks(model.config.n_blocks, fresh.config.n_blocks))
    old = iter(model.blocks)
    fresh.token_embedding.load_state_dict(model.token_embedding.state_dict())
    fresh.readout.load_state_dict(model.readout.state_dict())
    for number, block in enumerate(cast("list[Block]", list(fresh.blocks))):
        if number not in new:
            block.load_state_dict(next(old).state_dict())
            continue
        for written in (block.attention.w_o, block.mlp_out.weight, block.mlp_out.bias):
            written.zero_()
    return fresh


def new_blocks(n_old: int, n_new: int) -> list[int]:
    """Where blocks are put in: one before each of the last blocks, more where there are more new than old."""
    places = [max(0, n_old - 1 - i % n_old) for i in range(n_new - n_old)]
    order = sorted([(place, 0) for place in places] + [(place, 1) for place in range(n_old)])
    return [number for number, (_, is_old) in enumerate(order) if not is_old]
