"""Cached, exact generation of grids, for MyGPT and for TransformerLens' models alike.

TransformerLens' own generate() is not used: with these models its cache goes wrong (docs/reference/models.md,
"Caching"). Sampling draws one uniform number per cell from a CPU generator and inverts the distribution's
cumulative sum, so that a result depends on the seed alone, not on the batch size or the device.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.models.mygpt import KeyValueCache, MyGPT
from culture_core.models.protocols import GPT, LogitModel
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import BLOCK_LENGTH, N_CELLS, N_GRIDS, N_TOKENS, QUIZ_LENGTH

GREEDY = 0.0
BATCH_SIZE = 64

Step = Callable[[Tensor], Tensor]


def generate(
    model: GPT,
    quizzes: QuizBatch | Tensor,
    deterministic: bool = True,
    *,
    temperature: float = 1.0,
    seed: int | torch.Generator = 0,
    batch_size: int = BATCH_SIZE,
) -> tuple[Tensor, Tensor]:
    """Predict the last grid of each quiz from its first 304 tokens (three grids and the last marker).

    model: MyGPT or what load_hooked gives. quizzes: QuizBatch or tokens (n, 404).
    deterministic: the most probable colour in each cell; otherwise sampled at the temperature, reproducibly
    by seed (or from a CPU generator).
    Returns correct (n,) bool, the whole grid as in the quiz, and predicted (n, 404) uint8, on the quizzes'
    device.
    """
    tokens = quiz_tokens(quizzes)
    temperatures = (GREEDY if deterministic else temperature,)
    predicted = fill_blocks(model, tokens, temperatures, seed=seed, batch_size=batch_size)
    return (predicted == tokens).all(dim=1), predicted


@torch.inference_mode()
def fill_blocks(
    model: GPT,
    quizzes: QuizBatch | Tensor,
    temperatures: Sequence[float],
    *,
    seed: int | torch.Generator = 0,
    batch_size: int = BATCH_SIZE,
) -> Tensor:
    """Generate the cells of each quiz's last blocks, one block for each temperature, from the blocks before.

    Markers are taken from the quiz, never generated: with four temperatures only the markers of a quiz
    matter, and the model invents all of it. A temperature of 0 is greedy. Returns (n, 404) uint8 on the
    quizzes' device.
    """
    tokens = quiz_tokens(quizzes)
    if not 1 <= len(temperatures) <= N_GRIDS or min(temperatures) < 0:
        raise CultureError(f"1 to {N_GRIDS} temperatures of at least 0 are needed, not {list(temperatures)}")
    generator = torch.Generator().manual_seed(seed) if isinstance(seed, int) else seed
    filled = []
    with _evaluating(model):
        for batch in tokens.split(batch_size):
            uniforms = torch.rand(len(batch), len(temperatures) * N_CELLS, generator=generator)
            filled.append(_fill_batch(model, batch, temperatures, uniforms))
    return torch.cat(filled)


def start_reading(model: GPT, n: int) -> Step:
    """A function that reads inputs (n, t), going on from its last call, and gives the next logits (n, v).

    The very first input is the 0 in front. Keys and values are kept, so that no input is read twice.
    """
    if isinstance(model, MyGPT):
        own_cache = KeyValueCache(model, n)
        return lambda inputs: model.read(inputs, own_cache)[:, -1]
    from transformer_lens.model_bridge import TransformerBridge

    if isinstance(model, TransformerBridge):
        bridge_cache = KeyValueCache(model.original_model, n)
        return lambda inputs: model(inputs, past_key_values=bridge_cache)[:, -1]
    from culture_core.models.hooked_cache import roomy_cache

    cache = roomy_cache(model, n)
    return lambda inputs: model(inputs, past_kv_cache=cache, attention_mask=torch.ones_like(inputs))[:, -1]


def quiz_tokens(quizzes: QuizBatch | Tensor) -> Tensor:
    """The tokens (n, 404) uint8 of a QuizBatch or of a tensor of any integer dtype.

    Errors: CultureError when these are not quizzes.
    """
    tokens = getattr(quizzes, "tokens", quizzes)
    if not isinstance(tokens, Tensor) or tokens.dim() != 2 or tokens.shape[1] != QUIZ_LENGTH:
        shape = tuple(tokens.shape) if isinstance(tokens, Tensor) else type(tokens).__name__
        raise CultureError(
            f"quizzes must be a QuizBatch or a tensor of shape (n, {QUIZ_LENGTH}), not {shape}"
        )
    if tokens.is_floating_point() or (
        len(tokens) and not 0 <= int(tokens.min()) <= int(tokens.max()) < N_TOKENS
    ):
        raise CultureError(f"quizzes must be whole numbers from 0 to {N_TOKENS - 1}")
    return tokens.to(torch.uint8)


def _fill_batch(model: GPT, tokens: Tensor, temperatures: Sequence[float], uniforms: Tensor) -> Tensor:
    """uniforms: (n, cells to generate), on the CPU."""
    device = next(model.parameters()).device
    tokens_on_device = tokens.to(device, torch.long)
    read = start_reading(model, len(tokens))
    inputs = torch.nn.functional.pad(tokens_on_device, (1, 0))
    draws = uniforms.to(device, torch.float64).T
    first_block = N_GRIDS - len(temperatures)
    n_read = 0
    for number, temperature in enumerate(temperatures):
        first_cell = (first_block + number) * BLOCK_LENGTH + 2
        for cell in range(first_cell, first_cell + N_CELLS):
            logits = read(inputs[:, n_read:cell])
            n_read = cell
            inputs[:, cell] = _choose(logits, temperature, draws[number * N_CELLS + cell - first_cell])
    return inputs[:, 1:].to(tokens.device, torch.uint8)


def _choose(logits: Tensor, temperature: float, uniform: Tensor) -> Tensor:
    """A token (n,) from logits (n, v): the most probable at temperature 0, else where uniform (n,) falls."""
    if temperature == GREEDY:
        return logits.argmax(dim=-1)
    cumulative = (logits.double() / temperature).softmax(dim=-1).cumsum(dim=-1)
    return (cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(dim=-1).clamp(max=logits.shape[-1] - 1)


@contextmanager
def _evaluating(model: LogitModel) -> Iterator[None]:
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
