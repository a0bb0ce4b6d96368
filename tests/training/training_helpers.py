"""A GPT and a recipe small enough to train in a test."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from culture_core.models.mygpt import MyGPTConfig
from culture_core.training.recipes import Recipe, find_recipe
from culture_core.training.run_folder import RunFolder, Settings
from culture_core.training.trainer import Trainer
from culture_core.world.vocabulary import WORLD_TASKS

TINY = MyGPTConfig(d_model=16, dim_keys=8, dim_hidden=16, n_heads=2, n_blocks=1, dropout=0.0)
RECIPE = replace(find_recipe("muon"), batch_size=4, warmup=8, test_every=16, test_quizzes=16)


def tiny_trainer(recipe: Recipe = RECIPE, seed: int = 5, config: MyGPTConfig = TINY) -> Trainer:
    """A trainer in float32 by PyTorch."""
    return Trainer(replace(config, dropout=recipe.dropout), recipe, seed, WORLD_TASKS, dtype=torch.float32)


def tiny_run(folder: Path, recipe: Recipe = RECIPE, n_models: int = 2) -> tuple[RunFolder, Settings]:
    """A run folder with settings and nothing trained yet."""
    run = RunFolder(folder / "run")
    settings = Settings("17K", TINY, recipe, n_models, 5, WORLD_TASKS)
    run.write_settings(settings)
    return run, settings


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}


def same_weights(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two state dicts are equal bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
