"""Shuffled activations on training quizzes: an endless stream that can start anywhere.

No quiz is ever repeated: the quizzes are numbered, and their seed is apart from every evaluation set. The
stream is cut into chunks of QUIZZES_A_CHUNK quizzes whose tokens are shuffled among themselves, so that batch
number n depends on the seed and on n alone. A training that was killed goes on with the very batches it would
have seen.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from culture_core.models.protocols import GPT
from culture_core.saes.hooks import activations_at_each
from culture_core.saes.settings import QUIZZES_A_CHUNK
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import QUIZ_LENGTH, WORLD_TASKS

QUIZZES_A_FORWARD = 8
NOISE = 0.05


def activation_batches(
    model: GPT, hooks: Sequence[str], batch_size: int, seed: int, *, first: int = 0, device: str = "cpu"
) -> Iterator[dict[str, Tensor]]:
    """Batches number first, first + 1, ... without end, each (batch_size, d_in) by hook, on quizzes as in
    training (five structures, prompt noise); the hooks see the same tokens in the same order."""
    batches_a_chunk = QUIZZES_A_CHUNK * QUIZ_LENGTH // batch_size
    chunk, skip = divmod(first, batches_a_chunk)
    while True:
        activations = _chunk_activations(model, hooks, seed, chunk, device)
        order = torch.randperm(QUIZZES_A_CHUNK * QUIZ_LENGTH, generator=_generator(seed, chunk)).to(device)
        for number in range(skip, batches_a_chunk):
            rows = order[number * batch_size : (number + 1) * batch_size]
            yield {hook: activations[hook][rows] for hook in hooks}
        chunk, skip = chunk + 1, 0


def training_quizzes(seed: int, first: int, n: int, device: str = "cpu") -> Tensor:
    """Tokens (n, 404) of quizzes number first, first + 1, ... of the stream."""
    return generate_stream(WORLD_TASKS, first, n, seed, structure="mixed", noise=NOISE, device=device).tokens


def quizzes_read(n_batches: int, batch_size: int) -> int:
    """How many quizzes of the stream the first batches are made of, in whole chunks."""
    return -(-n_batches // (QUIZZES_A_CHUNK * QUIZ_LENGTH // batch_size)) * QUIZZES_A_CHUNK


def _chunk_activations(
    model: GPT, hooks: Sequence[str], seed: int, chunk: int, device: str
) -> dict[str, Tensor]:
    """Activations on all tokens of one chunk, (n tokens, d_in) by hook."""
    tokens = training_quizzes(seed, chunk * QUIZZES_A_CHUNK, QUIZZES_A_CHUNK, device)
    parts = [activations_at_each(model, hooks, part) for part in tokens.split(QUIZZES_A_FORWARD)]
    return {hook: torch.cat([part[hook].flatten(0, 1) for part in parts]) for hook in hooks}


def _generator(seed: int, chunk: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed * 1_000_003 + chunk)
