"""One quiz through one GPT: the features that fire at each token, and the GPT's prediction of each token.

Position p of the activations is the state after reading token p, as in the index; row p of the logits
predicts token p, from the tokens before it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.models.mygpt import MyGPT, shift_right
from culture_core.saes.hooks import activations_at
from culture_core.saes.protocols import Encoder
from culture_core.world.vocabulary import QUIZ_LENGTH

OWN_HOOKS = ("hook_attn_out", "hook_mlp_out", "hook_resid_post")


@dataclass(frozen=True)
class QuizReading:
    """What one GPT does on one quiz.

    logits: (404, 15) float32. starts (405,), feature (z,), value (z,): the features that fire after token p
    are the entries starts[p] to starts[p + 1], strongest first; none after the last token, never read.
    """

    logits: NDArray[np.float32]
    starts: NDArray[np.int64]
    feature: NDArray[np.int64]
    value: NDArray[np.float32]

    def at(self, position: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(features, activations) after reading the token at a position, strongest first."""
        entries = slice(self.starts[position], self.starts[position + 1])
        return self.feature[entries], self.value[entries]

    def of_feature(self, feature: int) -> NDArray[np.float32]:
        """(404,) activations of one feature over the quiz."""
        position = np.repeat(np.arange(QUIZ_LENGTH), np.diff(self.starts))
        chosen = self.feature == feature
        activations = np.zeros(QUIZ_LENGTH, dtype=np.float32)
        activations[position[chosen]] = self.value[chosen]
        return activations

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """(404, 15) float32: the GPT's probability of each value of each token."""
        shifted = np.exp(self.logits - self.logits.max(1, keepdims=True))
        return shifted / shifted.sum(1, keepdims=True)

    @property
    def predicted(self) -> NDArray[np.uint8]:
        """(404,) the most probable value of each token, given the tokens before it."""
        return self.logits.argmax(1).astype(np.uint8)


@torch.inference_mode()
def read_quiz(
    model: MyGPT, tokens: NDArray[np.uint8], sae: Encoder | None = None, hook: str = ""
) -> QuizReading:
    """Run one quiz (404,) through a GPT, and its SAE at a hook point; without them no feature fires.

    The model is only read: no hook is set on it, so threads may share it.
    """
    batch = torch.from_numpy(np.asarray(tokens, dtype=np.int64))[None]
    if sae is None:
        logits, fired = model(batch), torch.zeros(QUIZ_LENGTH - 1, 0)
    else:
        logits, state = logits_and_state(model, hook, batch)
        fired = sae.encode(state[0, 1:])
    position, feature = (found.numpy() for found in fired.nonzero(as_tuple=True))
    value = fired[position, feature].numpy()
    order = np.lexsort((feature, -value, position))
    counts = np.bincount(position, minlength=QUIZ_LENGTH)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return QuizReading(logits[0].float().numpy(), starts, feature[order], value[order])


def logits_and_state(model: MyGPT, hook: str, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (n, t, 15) and the state (n, t, d_in) at a hook point, for tokens (n, t); see `activations_at`.

    Hook points that MyGPT does not name itself are read through TransformerLens, on a copy of the model.
    """
    if not hook.endswith(OWN_HOOKS):
        from culture_core.models.hooked_kinds import to_installed_kind

        return model(tokens), activations_at(to_installed_kind(model), hook, tokens)
    states: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        states[name] = value
        return value

    logits = model.read(shift_right(tokens), edit=keep)
    return logits, states[hook].float()
