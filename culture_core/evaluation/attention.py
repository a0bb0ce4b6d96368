"""What each attention head attends to, and what it copies: patterns, profiles by offset, copy scores.

A GPT reads a 0 and then every token but the last. A query is named by the token it predicts, a key by the
token that was read there; the offset of a key from a query is key - query, so that -101 is the same cell one
grid back, -202 two grids back. Source: docs/reference/interventions.md, "Attention".
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.models.mygpt import Block, MyGPT, shift_right
from culture_core.world.vocabulary import BLOCK_LENGTH, LAST_GRID, N_COLOURS, QUIZ_LENGTH

BATCH_SIZE = 10
GRIDS_BACK = (1, 2, 3)


@dataclass(frozen=True)
class HeadProfiles:
    """The attention of every head where the last grid is predicted, averaged over quizzes.

    offsets: (blocks, heads, 404) attention by offset -1 - j in column j; the last column is unused but for
    the 0 in front. start: (blocks, heads) attention to the 0 in front.
    back: (blocks, heads, 3) attention to the cell to be predicted, one, two and three grids back.
    copies: (blocks, heads) the share of cells whose own colour is the one that the head promotes
    most of all colours when it attends to them.
    """

    offsets: NDArray[np.float32]
    start: NDArray[np.float32]
    back: NDArray[np.float32]
    copies: NDArray[np.float32]


@torch.inference_mode()
def attention_patterns(model: MyGPT, tokens: Tensor) -> Tensor:
    """Attention of every head on quizzes (n, t): (n, blocks, heads, t queries, t inputs), rows sum to 1.

    Query q predicts token q; input 0 is the 0 in front, input i is token i - 1.
    """
    return torch.stack(
        [block_pattern(model, block, x) for block, x in enumerate(_entering(model, tokens))], 1
    )


def _entering(model: MyGPT, tokens: Tensor) -> list[Tensor]:
    """The residual stream (n, t, d) that enters each block."""
    streams: list[Tensor] = []

    def keep(hook: str, value: Tensor) -> Tensor:
        if hook.endswith("hook_resid_pre"):
            streams.append(value)
        return value

    model.read(shift_right(tokens), edit=keep)
    return streams


def block_of(model: MyGPT, number: int) -> Block:
    """A block by its number."""
    return cast(Block, model.blocks[number])


def block_pattern(model: MyGPT, block: int, x: Tensor) -> Tensor:
    """Attention (n, heads, t, t) of the heads of a block, from the residual stream (n, t, d) entering it."""
    attention, normalised = block_of(model, block).attention, block_of(model, block).ln_attention(x)
    queries = torch.einsum("ntd,hkd->nhtk", normalised, attention.w_q)
    keys = torch.einsum("ntd,hkd->nhtk", normalised, attention.w_k)
    scores = queries @ keys.transpose(-2, -1) * model.config.dim_keys**-0.5
    hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
    return scores.masked_fill(hidden, float("-inf")).softmax(-1)


@torch.inference_mode()
def head_profiles(model: MyGPT, tokens: Tensor, *, batch_size: int = BATCH_SIZE) -> HeadProfiles:
    """Profiles of every head over quizzes (n, 404)."""
    config = model.config
    heads = (config.n_blocks, config.n_heads)
    offsets, back = torch.zeros(*heads, QUIZ_LENGTH), torch.zeros(*heads, len(GRIDS_BACK))
    start, hits, n_cells = torch.zeros(heads), torch.zeros(heads), 0
    for batch in tokens.split(batch_size):
        for block, x in enumerate(_entering(model, batch)):
            rows = block_pattern(model, block, x)[:, :, LAST_GRID].sum(0).cpu()
            offsets[block] += _by_offset(rows)
            start[block] += rows[:, :, 0].sum(-1)
            back[block] += torch.stack([_grids_back(rows, n) for n in GRIDS_BACK], -1)
            hits[block] += _copied(model, block, x, batch).cpu()
        n_cells += int((batch < N_COLOURS)[:, :-1].sum())
    n_queries = len(tokens) * (LAST_GRID.stop - LAST_GRID.start)
    return HeadProfiles(
        (offsets / n_queries).numpy(),
        (start / n_queries).numpy(),
        (back / n_queries).numpy(),
        (hits / n_cells).numpy(),
    )


def _by_offset(rows: Tensor) -> Tensor:
    """Attention (heads, 100 queries, 404 inputs) of the last grid by offset: (heads, 404), summed over
    queries; column j is offset -1 - j."""
    reversed_rows = torch.zeros(len(rows), QUIZ_LENGTH)
    for number, query in enumerate(range(LAST_GRID.start, LAST_GRID.stop)):
        reversed_rows[:, : query + 1] += rows[:, number, : query + 1].flip(-1)
    return reversed_rows


def _grids_back(rows: Tensor, n: int) -> Tensor:
    """Attention (heads,) to the predicted cell n grids back, summed over queries; token k is input k + 1."""
    queries = torch.arange(LAST_GRID.start, LAST_GRID.stop)
    return rows[:, torch.arange(len(queries)), queries - n * BLOCK_LENGTH + 1].sum(-1)


def _copied(model: MyGPT, block: int, x: Tensor, tokens: Tensor) -> Tensor:
    """How many cells each head (heads,) would copy: what it moves from them promotes their colour most."""
    attention, normalised = block_of(model, block).attention, block_of(model, block).ln_attention(x[:, 1:])
    readout = model.readout.weight[:N_COLOURS]
    w_o = attention.w_o.unflatten(0, (model.config.n_heads, -1))
    moved = torch.einsum("hvd,hve,ce->hdc", attention.w_v, w_o, readout)
    promoted = torch.einsum("ntd,hdc->nhtc", normalised, moved).argmax(-1)
    return (promoted == tokens[:, None, :-1].to(promoted.device)).sum((0, 2)).float()


@torch.inference_mode()
def logit_lens(model: MyGPT, tokens: Tensor) -> Tensor:
    """Probabilities (n, blocks + 1, t, 15) that the readout gives before each block and after the last, for
    quizzes (n, t). There is no LayerNorm before the readout, so that the last is the GPT's own prediction.
    Source: nostalgebraist 2020, "interpreting GPT: the logit lens"."""
    streams: list[Tensor] = []

    def keep(hook: str, value: Tensor) -> Tensor:
        if hook == "blocks.0.hook_resid_pre" or hook.endswith("hook_resid_post"):
            streams.append(value)
        return value

    model.read(shift_right(tokens), edit=keep)
    return model.readout(torch.stack(streams, 1)).softmax(-1)
