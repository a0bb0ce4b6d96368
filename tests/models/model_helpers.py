"""The fixtures written by the public code, and small models to try things on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from culture_core.models.mygpt import MyGPT, MyGPTConfig

FIXTURES = Path(__file__).parents[1] / "fixtures"
ASYM = FIXTURES / "mygpt_asym"
SMALL = FIXTURES / "mygpt_17K"
FIXTURE_MODELS = [(ASYM, 0), (ASYM, 1), (ASYM, 2), (ASYM, 3), (ASYM, 4), (SMALL, 0)]
TINY = MyGPTConfig(d_model=16, dim_keys=4, dim_hidden=24, n_heads=2, n_blocks=2)


@dataclass
class Expected:
    """What the public code computed: tokens (n, 404), logits (n, 404, 15), greedy quizzes (n, 404)."""

    tokens: Tensor
    logits: Tensor
    greedy: Tensor


def expected(folder: Path, model_k: int) -> Expected:
    with np.load(folder / "expected.npz") as file:
        return Expected(
            torch.from_numpy(file["tokens"]),
            torch.from_numpy(file[f"logits_{model_k}"]),
            torch.from_numpy(file[f"greedy_{model_k}"]),
        )


def tiny_gpt(model_k: int = 0, config: MyGPTConfig = TINY) -> MyGPT:
    """A random model, in eval mode, the same for the same number."""
    torch.manual_seed(model_k)
    model = MyGPT(config).eval()
    model.id = model_k
    model.main_test_accuracy = 0.5 + model_k / 100
    return model


def relative_error(values: Tensor, reference: Tensor) -> float:
    """The largest difference, as a share of the largest reference value."""
    return ((values - reference).abs().max() / reference.abs().max()).item()
