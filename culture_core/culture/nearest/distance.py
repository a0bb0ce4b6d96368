"""The distance of quizzes to the rules of the eight world tasks, in cells."""

import torch
from torch import Tensor

from culture_core.culture.nearest.rules import RULES
from culture_core.culture.nearest.sums import Pairs
from culture_core.world.vocabulary import N_CELLS, N_GRIDS

BATCH = 32
FARTHEST = N_CELLS * N_GRIDS


@torch.inference_mode()
def rule_distances(tokens: Tensor, *, batch_size: int = BATCH) -> Tensor:
    """How many cells contradict each task's rule, for its best reading: (n, 404) -> (n, 8) int16.

    tokens: in any structure, without noise. 0: the rule explains the quiz. A quiz in which k cells were
    changed is at most k away from its own rule, and one without any reading 400. What else A and B show is
    free: rules.py says what counts.
    Errors: CultureError when the tokens are no quizzes.
    """
    parts = [_distances(Pairs.of(batch)) for batch in tokens.split(batch_size)]
    return torch.cat(parts) if parts else torch.empty(0, len(RULES), dtype=torch.int16)


def _distances(pairs: Pairs) -> Tensor:
    wrong = torch.stack([rule(pairs) for rule in RULES.values()], dim=1)
    return wrong.round().clamp(max=FARTHEST).to(torch.int16)
