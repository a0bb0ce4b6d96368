"""A block with its nonlinearities frozen at the values of one quiz: an affine function of the residual
stream.

Attention patterns, LayerNorm scales and ReLU gates are held at what they were; then nothing is approximated.
Shapes: t tokens, d d_model, h heads, k dim_values, m rows (directions whose sources are asked for).
Source: docs/reference/circuits.md, "Frozen blocks" (after E. Ameisen et al. 2025, "Circuit Tracing").
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from culture_core.models.mygpt import Block, MyGPT, shift_right


@dataclass(frozen=True)
class FrozenNorm:
    """A LayerNorm with its scale frozen: x -> gain * centred(x) / deviation + shift.

    gain, shift: (d,); deviation: (t,).
    """

    gain: Tensor
    shift: Tensor
    deviation: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """(t, d) -> (t, d)."""
        return self.gain * _centred(x) / self.deviation[:, None] + self.shift

    def until(self, n_tokens: int) -> "FrozenNorm":
        """The same on the first tokens alone."""
        return replace(self, deviation=self.deviation[:n_tokens])

    def pull_back_unscaled(self, rows: Tensor) -> Tensor:
        """Rows (..., d) on its output as rows on its input, but for 1 / deviation of the token."""
        return _centred(rows * self.gain)


@dataclass(frozen=True)
class FrozenBlock:
    """One block of a GPT, frozen on one quiz.

    pattern: (h, t, t) attention weights, row = the token that looks. gates: (t, hidden) 0 or 1.
    w_v: (h, k, d); w_o: (h, k, d); w_in: (hidden, d); b_in: (hidden,); w_out: (d, hidden); b_out: (d,).
    """

    norm_attention: FrozenNorm
    norm_mlp: FrozenNorm
    pattern: Tensor
    gates: Tensor
    w_v: Tensor
    w_o: Tensor
    w_in: Tensor
    b_in: Tensor
    w_out: Tensor
    b_out: Tensor

    @property
    def n_heads(self) -> int:
        return len(self.pattern)

    def until(self, n_tokens: int) -> "FrozenBlock":
        """The same block on the first tokens alone, which see no later ones."""
        return replace(
            self,
            norm_attention=self.norm_attention.until(n_tokens),
            norm_mlp=self.norm_mlp.until(n_tokens),
            pattern=self.pattern[:, :n_tokens, :n_tokens],
            gates=self.gates[:n_tokens],
        )

    def forward(self, x: Tensor) -> Tensor:
        """The residual stream (t, d) after the block, from the one before it; equal to the true block's on
        the quiz it was frozen on."""
        values = torch.einsum("td,hkd->htk", self.norm_attention.forward(x), self.w_v)
        middle = x + torch.einsum("hts,hsk,hkd->td", self.pattern, values, self.w_o)
        hidden = self.gates * (self.norm_mlp.forward(middle) @ self.w_in.T + self.b_in)
        return middle + hidden @ self.w_out.T + self.b_out

    def through_mlp(self, rows: Tensor, token: Tensor | slice) -> Tensor:
        """Rows (m, d) on the stream after the MLP at tokens (m,), through the MLP, as rows before it; with
        all tokens as a slice, rows (..., t, d)."""
        hidden = (rows @ self.w_out) * self.gates[token]
        back = self.norm_mlp.pull_back_unscaled(hidden @ self.w_in)
        return back / self.norm_mlp.deviation[token, None]

    def through_heads(self, rows: Tensor) -> Tensor:
        """Rows (m, d) on the stream after attention as rows (m, h, d) on the stream before it.

        What a head moves from token s to token t is this times `reach`.
        """
        moved = torch.einsum("md,hkd->mhk", rows, self.w_o)
        return self.norm_attention.pull_back_unscaled(torch.einsum("mhk,hkd->mhd", moved, self.w_v))

    def through_attention(self, rows: Tensor) -> Tensor:
        """Rows (m, t, d) on the whole stream after attention, through all heads, as rows before it."""
        by_head = torch.einsum("mtd,hkd->mhtk", rows, self.w_o)
        mixed = (self.pattern / self.norm_attention.deviation).mT @ by_head
        return self.norm_attention.pull_back_unscaled(torch.einsum("mhsk,hkd->msd", mixed, self.w_v))

    def reach(self, token: Tensor) -> Tensor:
        """How much of token s reaches tokens t (m,) by each head: (m, h, s), pattern / deviation."""
        return self.pattern[:, token].transpose(0, 1) / self.norm_attention.deviation


@dataclass(frozen=True)
class FrozenGPT:
    """A GPT frozen on one quiz, up to the token from which its last cell is predicted.

    inputs: (t,) the tokens read, the 0 in front included. states: (blocks + 1, t, d): the residual stream
    that enters each block, and the last one. token_vectors, position_vectors: (t, d), whose sum is states[0].
    """

    inputs: Tensor
    states: Tensor
    token_vectors: Tensor
    position_vectors: Tensor
    blocks: tuple[FrozenBlock, ...]
    readout: nn.Linear

    def __len__(self) -> int:
        return len(self.inputs)


@torch.no_grad()
def freeze(model: MyGPT, tokens: Tensor, position: int) -> FrozenGPT:
    """Freeze a GPT on a quiz (404,) as far as it reads before the cell at `position` is predicted."""
    inputs = shift_right(tokens[None, : position + 1].long())[0]
    embedded = model.token_embedding(inputs)
    x = embedded + model.positions[: len(inputs)]
    states, blocks = [x], []
    for block in model.blocks:
        assert isinstance(block, Block)
        frozen = freeze_block(block, x)
        x = frozen.forward(x)
        states.append(x)
        blocks.append(frozen)
    positions = model.positions[: len(inputs)]
    return FrozenGPT(inputs, torch.stack(states), embedded, positions, tuple(blocks), model.readout)


@torch.no_grad()
def freeze_block(block: Block, x: Tensor) -> FrozenBlock:
    """Freeze a block at the residual stream (t, d) that enters it."""
    attention = block.attention
    norm_attention = _freeze_norm(block.ln_attention, x)
    normed = norm_attention.forward(x)
    pattern = _pattern(normed, attention.w_q, attention.w_k)
    n_heads, dim_values, _ = attention.w_v.shape
    w_o = attention.w_o.view(n_heads, dim_values, -1)
    values = torch.einsum("td,hkd->htk", normed, attention.w_v)
    middle = x + torch.einsum("hts,hsk,hkd->td", pattern, values, w_o)
    norm_mlp = _freeze_norm(block.ln_mlp, middle)
    gates = (block.mlp_in(norm_mlp.forward(middle)) > 0).to(x.dtype)
    return FrozenBlock(
        norm_attention,
        norm_mlp,
        pattern,
        gates,
        attention.w_v,
        w_o,
        block.mlp_in.weight,
        block.mlp_in.bias,
        block.mlp_out.weight,
        block.mlp_out.bias,
    )


def attention_scores(normed: Tensor, w_q: Tensor, w_k: Tensor) -> Tensor:
    """Scores (h, t, t) of normalised states (t, d), before mask and softmax."""
    queries = torch.einsum("td,hkd->htk", normed, w_q)
    keys = torch.einsum("td,hkd->htk", normed, w_k)
    return queries @ keys.mT / math.sqrt(w_q.shape[1])


def _pattern(normed: Tensor, w_q: Tensor, w_k: Tensor) -> Tensor:
    scores = attention_scores(normed, w_q, w_k)
    hidden = torch.ones(scores.shape[1:], dtype=torch.bool, device=scores.device).triu(1)
    return scores.masked_fill(hidden, float("-inf")).softmax(-1)


def _freeze_norm(norm: nn.LayerNorm, x: Tensor) -> FrozenNorm:
    deviation = (x.var(-1, unbiased=False) + norm.eps).sqrt()
    return FrozenNorm(norm.weight, norm.bias, deviation)


def _centred(x: Tensor) -> Tensor:
    return x - x.mean(-1, keepdim=True)
