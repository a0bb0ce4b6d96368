"""The margin at the deciding cell of many quizzes at once: the right token's logit minus the strongest other
colour's."""

from dataclasses import dataclass

import torch
from torch import Tensor

from culture_core.circuits.stage import position_of_cell
from culture_core.models.mygpt import MyGPT
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import N_COLOURS

BATCH_SIZE = 10


@dataclass(frozen=True)
class Margins:
    """The margin logit[right] - logit[against] at one position of each of n quizzes; every tensor (n,)
    int64."""

    position: Tensor
    right: Tensor
    against: Tensor

    def __getitem__(self, selection: slice | Tensor) -> "Margins":
        return Margins(self.position[selection], self.right[selection], self.against[selection])

    def direction(self, model: MyGPT) -> Tensor:
        """(n, d): the direction of the residual stream that raises each margin by 1 per unit; there is no
        LayerNorm before the readout, so that this is exact."""
        return model.readout.weight[self.right] - model.readout.weight[self.against]

    def of_states(self, model: MyGPT, states: Tensor) -> Tensor:
        """(n,) the margins that final states (n, d), those at `position`, give."""
        logits = model.readout(states)
        picked = [logits.gather(1, token[:, None]).squeeze(1) for token in (self.right, self.against)]
        return picked[0] - picked[1]


@torch.inference_mode()
def deciding_margins(model: MyGPT, quizzes: QuizBatch, *, batch_size: int = BATCH_SIZE) -> Margins:
    """The margin at the first cell that the rule changes, noise apart, over the strongest other colour."""
    positions = [position_of_cell("", quiz) for quiz in quizzes.clean.cpu()]
    position = torch.tensor(positions, device=quizzes.device)
    right = quizzes.tokens.gather(1, position[:, None]).squeeze(1).long()
    found = [
        _strongest_other(model, tokens, at, token)
        for tokens, at, token in zip(
            *(whole.split(batch_size) for whole in (quizzes.tokens, position, right)), strict=True
        )
    ]
    return Margins(position, right, torch.cat(found))


def _strongest_other(model: MyGPT, tokens: Tensor, position: Tensor, right: Tensor) -> Tensor:
    logits = model(tokens)[torch.arange(len(tokens)), position, :N_COLOURS]
    return logits.scatter(1, right[:, None], float("-inf")).argmax(1)
