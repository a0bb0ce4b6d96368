"""An exponential average of a GPT's weights in training: most of the benefit of decay, at any time.

Source: P. Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization".
"""

from typing import Any, cast

import torch
from torch import Tensor, nn


class WeightAverage:
    """The average of a model's weights, the newest weighing most.

    horizon: quizzes after which a state weighs 1/e of the newest. Until that many are seen, the average is
    the plain mean of all states.
    """

    def __init__(self, model: nn.Module, horizon: int) -> None:
        self.horizon, self._seen = horizon, 0
        self._live: dict[str, Tensor] = dict(model.named_parameters())
        self._mean = {name: parameter.detach().clone() for name, parameter in self._live.items()}

    @torch.no_grad()
    def update(self, quizzes: int) -> None:
        """Take the weights in as they stand after `quizzes` more quizzes."""
        self._seen += quizzes
        weight = quizzes / min(self._seen, self.horizon)
        mean = cast("list[Tensor]", list(self._mean.values()))
        torch._foreach_lerp_(mean, list(self._live.values()), min(1.0, weight))

    def weights(self) -> dict[str, Tensor]:
        """The averaged weights by name of the parameter; those of the model while nothing is averaged yet."""
        return self._mean if self._seen else self._live

    def state_dict(self) -> dict[str, object]:
        return {"seen": self._seen, "mean": self._mean}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._seen = state["seen"]
        for name, tensor in state["mean"].items():
            self._mean[name].copy_(tensor)
