"""What a set of features does in one GPT: its ablation, and its interchange between two quizzes.

In both the error of the SAE is kept, so that nothing but the set changes. Interchange: the activations of the
set on quiz 1 take the place of those on quiz 2, token by token. Where the two right answers differ, does the
answer to quiz 2 move towards that of quiz 1? The move is in nats: by how much log p(quiz 1's colour) - log
p(quiz 2's colour) rises. Source: docs/reference/universality.md, "Groups and families".
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.features.index.directions import unit_outputs
from culture_core.models.mygpt import MyGPT
from culture_core.models.steering import Halfway, halfway
from culture_core.saes.protocols import Encoder
from culture_core.world.vocabulary import LAST_GRID

BATCH = 24
ABLATION, INTERCHANGE = "ablation", "interchange"
MEASURES = (ABLATION, INTERCHANGE)


class Effect(NamedTuple):
    """The mean of a measure over quizzes, and the standard error of that mean."""

    mean: float
    error: float

    @classmethod
    def of(cls, values: Tensor) -> "Effect":
        """From one value per quiz (n,); those of no account are NaN."""
        kept = values[~values.isnan()].double()
        if len(kept) < 2:
            return cls(float("nan"), float("nan"))
        return cls(float(kept.mean()), float(kept.std()) / len(kept) ** 0.5)


class ReadQuizzes:
    """n quizzes read by one GPT up to a hook point, in pairs.

    tokens: (n, 404); partner: (n,) the quiz 1 of each quiz 2. features: (c,) those that will be changed.
    Errors: CultureError when a MyGPT has no such hook point.
    """

    @torch.inference_mode()
    def __init__(
        self, model: MyGPT, sae: Encoder, hook: str, tokens: Tensor, partner: Tensor, features: Tensor
    ) -> None:
        self.place = {feature: number for number, feature in enumerate(features.tolist())}
        self.partner, self.sae = partner, sae
        self.directions = unit_outputs(sae)[features]
        self.truth = tokens[:, LAST_GRID].long()
        self._parts: list[Halfway] = [halfway(model, hook, batch) for batch in tokens.split(BATCH)]
        seen: list[Tensor] = []

        def keep(value: Tensor) -> Tensor:
            seen.append(value)
            return value

        before = [part.logits(keep) for part in self._parts]
        self.value = torch.cat(seen)
        self.activations = torch.cat([sae.encode(value)[..., features] for value in seen])
        self.before = torch.cat([logits[:, LAST_GRID].log_softmax(-1) for logits in before])

    def ablation(self, features: NDArray[np.integer]) -> Tensor:
        """(n,) by how much the loss rises without the features, in nats per cell of the last grid."""
        drop = -self._written(features, self.activations)
        after = self._predictions(self.value + drop)
        return (self._right(self.before) - self._right(after)).mean(1)

    def interchange(self, features: NDArray[np.integer]) -> Tensor:
        """(n,) how far the answer moves to that of the partner with its activations of the features."""
        change = self._written(features, self.activations[self.partner] - self.activations)
        return self._moved(self.value + change)

    def interchange_all(self) -> Tensor:
        """(n,) the same of all features at once."""
        parts = [self.sae.decode(self.sae.encode(value)) for value in self.value.split(BATCH)]
        reconstructed = torch.cat(parts)
        return self._moved(self.value + reconstructed[self.partner] - reconstructed)

    def interchange_state(self) -> Tensor:
        """(n,) the same of the whole state: as far as an interchange at this hook point can go."""
        return self._moved(self.value[self.partner])

    def _written(self, features: NDArray[np.integer], activations: Tensor) -> Tensor:
        """(n, 404, d) what activations (n, 404, c) of these features write."""
        places = [self.place[int(feature)] for feature in features]
        return activations[..., places] @ self.directions[places]

    def _moved(self, value: Tensor) -> Tensor:
        after = self._predictions(value)
        theirs = self.truth[self.partner]
        differs = theirs != self.truth
        gain = (after - self.before).gather(-1, theirs[..., None])[..., 0]
        gain = gain - (after - self.before).gather(-1, self.truth[..., None])[..., 0]
        return torch.where(differs, gain, 0.0).sum(1) / differs.sum(1)

    @torch.inference_mode()
    def _predictions(self, value: Tensor) -> Tensor:
        """(n, 100, v) log probabilities of the last grid with another value at the hook point."""
        values = iter(value.split(BATCH))
        after = [part.logits(lambda _: next(values))[:, LAST_GRID].log_softmax(-1) for part in self._parts]
        return torch.cat(after)

    def _right(self, predictions: Tensor) -> Tensor:
        return predictions.gather(-1, self.truth[..., None])[..., 0]
