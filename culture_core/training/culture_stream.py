"""The quizzes that GPTs invented, as one more training stream: quizzes repeat, but in new forms.

Source: docs/reference/culture.md, "Training on them".
"""

from dataclasses import replace

import torch
from torch import Tensor

from culture_core.world.noise import add_prompt_noise
from culture_core.world.quizzes import QuizBatch, batch_from_tokens
from culture_core.world.randomness import Draws, quiz_keys
from culture_core.world.structures import canonical_grids, lay_out
from culture_core.world.vocabulary import STRUCTURES

NOISE = 0.05
LARGEST_SHARE = 0.5
_ORDER_STREAM, _STRUCTURE_STREAM, _NOISE_STREAM = 4_000, 4_001, 4_002


class CultureStream:
    """A fixed set of m culture quizzes, numbered without end.

    Number i is of pass i // m, in which every quiz comes once, in an order of its own. Structure (of five)
    and prompt noise are drawn for each number.
    """

    def __init__(self, tokens: Tensor, seed: int, device: torch.device | str = "cpu") -> None:
        """tokens: (m, 404) uint8 in any structure."""
        self._quizzes = batch_from_tokens(tokens).to(device)
        self._seed = seed

    def __len__(self) -> int:
        return len(self._quizzes)

    def read(self, first: int, count: int) -> QuizBatch:
        """Quizzes number `first` to `first + count`."""
        number = torch.arange(first, first + count, device=self._quizzes.device)
        chosen = self._quizzes[self._order(number)]
        structure = Draws(quiz_keys(self._seed, _STRUCTURE_STREAM, number)).integers(len(STRUCTURES))
        clean = lay_out(canonical_grids(chosen.clean, chosen.structure), structure)
        draws = Draws(quiz_keys(self._seed, _NOISE_STREAM, number))
        tokens, noise = add_prompt_noise(clean, structure, draws, NOISE)
        return replace(
            chosen, tokens=tokens, clean=clean, noise=noise, structure=structure.to(torch.uint8), index=number
        )

    def _order(self, number: Tensor) -> Tensor:
        """Which quiz each number is: (count,) int64."""
        passes, places = number // len(self), number % len(self)
        order = torch.empty_like(number)
        for one in passes.unique().tolist():
            here = passes == one
            every = torch.arange(one * len(self), (one + 1) * len(self), device=number.device)
            keys = Draws(quiz_keys(self._seed, _ORDER_STREAM, every)).bits(1)[:, 0]
            order[here] = keys.argsort()[places[here]]
        return order


def culture_share(n_quizzes: int, epoch: int) -> float:
    """Share of a batch that culture quizzes take: each once in `epoch` quizzes, never over half of it."""
    return min(LARGEST_SHARE, n_quizzes / epoch)
