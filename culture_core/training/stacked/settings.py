"""Settings of a training of stacked GPTs."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from culture_core.models.mygpt import MyGPTConfig
from culture_core.training.recipes import Recipe, find_recipe
from culture_core.training.stacked.clock import Clock

# a first run, and one that continues from weights whose learning rate had decayed to zero
FIRST_RECIPE = replace(find_recipe("muon-gpu"), name="stacked", focus=1.0)
RESUMED_RECIPE = replace(FIRST_RECIPE, lr=0.01, adam_lr=1e-3, decay_share=0.9)


@dataclass(frozen=True)
class StackedSettings:
    """What is trained, how, for how long and where the results go.

    clock: it began with the budget. batch: quizzes of each GPT in a step, None to choose.
    resume: output folder of the run to go on from. compiled: try torch.compile. careful: do without all that
    can fail. n_check: quizzes of a check. average_share: the running average is over about this share of the
    steps so far. command: for the report.
    """

    preset: str
    config: MyGPTConfig
    recipe: Recipe
    n_models: int
    seed: int
    tasks: tuple[str, ...]
    minutes: float
    clock: Clock
    out: Path
    device: torch.device
    batch: int | None = None
    resume: Path | None = None
    compiled: bool = True
    careful: bool = False
    n_check: int = 2000
    average_share: float = 0.02
    command: str = ""

    @property
    def seeds(self) -> list[int]:
        return [self.seed + k for k in range(self.n_models)]
