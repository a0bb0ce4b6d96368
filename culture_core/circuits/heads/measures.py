"""What every head does on quizzes: where it looks, what it copies, what it adds at the deciding cell."""

from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from culture_core.circuits.heads.margins import BATCH_SIZE, Margins
from culture_core.circuits.heads.reading import Reading, output_weights, read_quizzes
from culture_core.circuits.heads.targets import attention_by_target
from culture_core.evaluation.attention import block_of, block_pattern
from culture_core.models.mygpt import MyGPT, shift_right
from culture_core.world.vocabulary import LAST_GRID, N_COLOURS


@dataclass(frozen=True)
class HeadMeasures:
    """What the heads of one GPT do on each of n quizzes, on the CPU.

    looks: (n, b, h, targets) attention of the last grid's queries by TARGETS, summing to 1.
    read: (n, b, h, 11) attention to cells by their colour, summed over queries; raised: the same, each cell
    weighted by how far what the head moves from it raises its own colour's logit above the mean of the
    others.
    direct: (n, b, h) what the head's output adds directly to the margin at the deciding cell, in logits.
    margin: (n,) that margin.
    """

    looks: Tensor
    read: Tensor
    raised: Tensor
    direct: Tensor
    margin: Tensor


@torch.inference_mode()
def measure_quizzes(
    model: MyGPT, tokens: Tensor, margins: Margins, *, progress: str | None = None
) -> HeadMeasures:
    """Measure every head on quizzes (n, 404), whose margins are given."""
    parts = []
    starts = range(0, len(tokens), BATCH_SIZE)
    for start in tqdm(starts, desc=progress, unit="batch", disable=progress is None, leave=False):
        some = slice(start, start + BATCH_SIZE)
        parts.append(_measure(model, tokens[some], margins[some]))
    return HeadMeasures(*(torch.cat(column).cpu() for column in zip(*parts, strict=True)))


def _measure(model: MyGPT, tokens: Tensor, margins: Margins) -> tuple[Tensor, ...]:
    reading = read_quizzes(model, tokens)
    looks, read, raised = [], [], []
    for number, x in enumerate(reading.entering):
        rows = block_pattern(model, number, x)[:, :, LAST_GRID]
        looks.append(attention_by_target(rows))
        amounts, gains = _copied(model, number, x, rows.sum(2), tokens)
        read.append(amounts)
        raised.append(gains)
    at = torch.arange(len(tokens)), margins.position
    stacked = (torch.stack(values, 1) for values in (looks, read, raised))
    return *stacked, direct_effects(model, reading, margins), margins.of_states(model, reading.last[at])


def direct_effects(model: MyGPT, reading: Reading, margins: Margins) -> Tensor:
    """What each head adds directly to the margin of each quiz, in logits: (n, b, h).

    Exact: with the same of the embedding, of every MLP and of the readout's bias, it sums to the margin.
    """
    at, direction = torch.arange(len(margins.position)), margins.direction(model)
    effects = [
        torch.einsum("nhk,hkd,nd->nh", values[at, margins.position], weights, direction)
        for values, weights in zip(reading.heads, _all_output_weights(model), strict=True)
    ]
    return torch.stack(effects, 1)


def _all_output_weights(model: MyGPT) -> list[Tensor]:
    return [output_weights(block_of(model, number).attention) for number in range(model.config.n_blocks)]


def _copied(model: MyGPT, number: int, x: Tensor, attention: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Attention (n, h, 404) to inputs, by the colour of the cell read there (n, h, 11); and the same,
    weighted by how far the head raises that colour."""
    part = block_of(model, number)
    moved = torch.einsum("hvd,hve->hde", part.attention.w_v, output_weights(part.attention))
    readout = model.readout.weight[:N_COLOURS]
    raised = torch.einsum("ntd,hde,ce->nhtc", part.ln_attention(x), moved, readout)
    raised = (raised - raised.mean(-1, keepdim=True)) * (N_COLOURS / (N_COLOURS - 1))
    inputs = shift_right(tokens).long()
    colours = torch.nn.functional.one_hot(inputs, model.config.n_tokens)[..., :N_COLOURS].to(x)
    colours[:, 0] = 0
    amounts = torch.einsum("nht,ntc->nhc", attention, colours)
    return amounts, torch.einsum("nht,ntc,nhtc->nhc", attention, colours, raised)
