"""GPTs small enough to stack and train in a test."""

import torch

from culture_core.models.mygpt import MyGPT, MyGPTConfig
from culture_core.training.recipes import find_recipe
from culture_core.training.trainer import initial_model
from culture_core.world.quizzes import QuizBatch, generate_stream
from culture_core.world.vocabulary import WORLD_TASKS

# keys narrower than values as in 4M, and wider as in 17K
NARROW_KEYS = MyGPTConfig(d_model=32, dim_keys=8, dim_hidden=48, n_heads=2, n_blocks=2, dropout=0.0)
WIDE_KEYS = MyGPTConfig(d_model=32, dim_keys=32, dim_hidden=48, n_heads=2, n_blocks=2, dropout=0.0)


def lively_gpts(config: MyGPTConfig, n: int = 2) -> list[MyGPT]:
    """GPTs of which no tensor is at a special value such as a LayerNorm's first scale of 1."""
    models = [initial_model(config, find_recipe("muon"), seed) for seed in range(n)]
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for model in models:
            for parameter in model.parameters():
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return models


def own_quizzes(n_models: int, count: int) -> list[QuizBatch]:
    """Quizzes of its own for each GPT."""
    return [generate_stream(WORLD_TASKS, 0, count, seed) for seed in range(n_models)]
