"""Several GPTs read as one, so that one dictionary can be trained on all of them: a crosscoder.

At a hook point the states of the m GPTs over the same tokens stand side by side, (n, t, m d). Those of each
GPT are centred and scaled to a mean squared value of 1 per dimension, so that every GPT weighs as much. An
SAE on them has one code per token and a part of every decoder row for each GPT. Source: Lindsey et al. 2024,
"Sparse Crosscoders"; docs/reference/universality.md, "Joint dictionary".
"""

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn

from culture_core.errors import CultureError
from culture_core.models.mygpt import EDIT_POINTS, MyGPT
from culture_core.saes.hooks import BY_HEAD, activations_at, states_of_gpt
from culture_core.saes.standard import Standard
from culture_core.saes.stream import QUIZZES_A_FORWARD, training_quizzes

# the quizzes that means and scales are measured on
STANDARD_SEED, STANDARD_QUIZZES = 3000, 32


class JointGPT(nn.Module):
    """m GPTs of one shape as a model that SAEs can be trained on; it shows states and cannot be steered.

    standards: by hook point, means and scales that were measured before; others are measured when needed.
    """

    def __init__(self, gpts: Sequence[MyGPT], standards: Mapping[str, Standard] | None = None) -> None:
        super().__init__()
        self.gpts = nn.ModuleList(gpts)
        device = self.members[0].token_embedding.weight.device
        self._standards = {hook: standard.to(device) for hook, standard in (standards or {}).items()}

    @property
    def members(self) -> list[MyGPT]:
        return [cast(MyGPT, gpt) for gpt in self.gpts]

    @property
    def cfg(self) -> Any:
        return SimpleNamespace(n_layers=len(self.blocks))

    @property
    def blocks(self) -> nn.ModuleList:
        return self.members[0].blocks

    @property
    def hook_dict(self) -> Mapping[str, Any]:
        points = [point for point in EDIT_POINTS if point != BY_HEAD]
        return {f"blocks.{block}.{point}": None for block in range(len(self.blocks)) for point in points}

    @property
    def W_U(self) -> Tensor:
        """(d, v) of the first GPT; the states side by side have no direct path to any logits."""
        return self.members[0].readout.weight.T

    def add_hook(self, name: str, hook: Callable[..., Tensor]) -> None:
        """Errors: CultureError, always."""
        del name, hook
        raise CultureError("the states of several GPTs side by side cannot be changed; take one GPT")

    @torch.inference_mode()
    def run_with_cache(
        self, tokens: Tensor, *, names_filter: Sequence[str], stop_at_layer: int | None = None
    ) -> tuple[None, dict[str, Tensor]]:
        """The states at hook points, (n, t, m d) by hook. tokens: (n, t) with the 0 in front."""
        n_blocks = len(self.blocks) if stop_at_layer is None else stop_at_layer
        seen = [states_of_gpt(gpt, names_filter, tokens, n_blocks) for gpt in self.members]
        return None, {
            hook: self._side_by_side(hook, [states[hook] for states in seen]) for hook in names_filter
        }

    def _side_by_side(self, hook: str, states: Sequence[Tensor]) -> Tensor:
        standard = self.standard(hook)
        parts = zip(states, standard.mean, standard.scale, strict=True)
        return torch.cat([(x - mean) * scale for x, mean, scale in parts], dim=-1)

    @torch.inference_mode()
    def standard(self, hook: str) -> Standard:
        """Means and scales at a hook point; measured once, on quizzes of their own, where they are not
        known."""
        if hook not in self._standards:
            device = self.members[0].token_embedding.weight.device
            tokens = training_quizzes(STANDARD_SEED, 0, STANDARD_QUIZZES, str(device))
            measured = [_mean_and_scale(gpt, hook, tokens) for gpt in self.members]
            mean, scale = (torch.stack(values) for values in zip(*measured, strict=True))
            self._standards[hook] = Standard(mean, scale)
        return self._standards[hook]


def _mean_and_scale(gpt: MyGPT, hook: str, tokens: Tensor) -> tuple[Tensor, Tensor]:
    parts = [activations_at(gpt, hook, part).flatten(0, 1) for part in tokens.split(QUIZZES_A_FORWARD)]
    states = torch.cat(parts)
    mean = states.mean(0)
    return mean, (states - mean).square().mean().rsqrt()
