"""The forward pass of several GPTs at once: every linear map is one batched product over the GPTs.

What is computed equals MyGPT's (models/mygpt.py), laid out for a GPU: the scale and shift of a LayerNorm are
folded into the matrix that follows it, queries, keys and values are one product, tokens are looked up by a
product with their one-hot rows, and the readout is padded to a width that matrix units like.

Shapes: m GPTs, g = m x parts groups, b quizzes of a group, n = b x 404 tokens of a group, t tokens of a quiz,
d d_model, h heads, w width of a head in attention.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from culture_core.models.attention import causal_attention
from culture_core.models.mygpt import MyGPTConfig, shift_right, sinusoidal_positional_encoding
from culture_core.world.vocabulary import QUIZ_LENGTH

LAYER_NORM_EPSILON = 1e-5
VOCABULARY_MULTIPLE = 16
NEVER = -30_000.0


@dataclass(frozen=True)
class Route:
    """One of the ways to compute the same numbers.

    dtype: of products and of the residual stream. padded: heads of queries, keys and values get one width, so
    that kernels for one width apply. parts: into how many groups the batch of a GPT is cut, so that the
    products over all its tokens, which make the gradients of weights, keep a whole GPU busy. attention: name
    of an SDPBackend of PyTorch; empty to let PyTorch choose.
    """

    dtype: torch.dtype
    padded: bool = False
    parts: int = 1
    attention: str = ""


class _Block(NamedTuple):
    """Folded weights of one block, each (g, out, in) with its bias (g, 1, out), but w_o: (g, in, out)."""

    qkv: Tensor
    qkv_bias: Tensor
    out: Tensor
    mlp_in: Tensor
    mlp_in_bias: Tensor
    mlp_out: Tensor
    mlp_out_bias: Tensor


class StackedModel:
    """The function from stacked weights and tokens to logits, for one shape of GPT and one route."""

    def __init__(self, config: MyGPTConfig, route: Route, device: torch.device | str = "cpu") -> None:
        self.config, self.route = config, route
        widest = max(config.dim_keys, config.dim_values)
        self.width = widest if route.padded else config.dim_values
        self.key_width = widest if route.padded else config.dim_keys
        self.vocabulary = -(-config.n_tokens // VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE
        positions = sinusoidal_positional_encoding(QUIZ_LENGTH, config.d_model)
        self._positions = positions.to(device, route.dtype)
        self._codes = torch.arange(self.vocabulary, device=device, dtype=torch.uint8)

    def logits(self, weights: Mapping[str, Tensor], tokens: Tensor) -> Tensor:
        """Logits for tokens (m, quizzes, 404) uint8: (m, quizzes, 404, 16 or more), of the route's dtype.

        Those beyond the vocabulary are so low that they have no probability.
        """
        m, quizzes, _ = tokens.shape
        groups = tokens.reshape(m * self.route.parts, -1, QUIZ_LENGTH)
        x = self._embed(weights["token_embedding.weight"], groups)
        for block in self._blocks(weights):
            x = x + self._attention(_normalised(x), block)
            hidden = F.relu(torch.bmm(_normalised(x), block.mlp_in.mT) + block.mlp_in_bias)
            x = x + (torch.bmm(hidden, block.mlp_out.mT) + block.mlp_out_bias)
        readout, bias = self._readout(weights)
        logits = torch.bmm(x, readout.mT) + bias
        return logits.view(m, quizzes, QUIZ_LENGTH, self.vocabulary)

    def losses(self, weights: Mapping[str, Tensor], tokens: Tensor) -> Tensor:
        """Cross-entropy of every token (m, quizzes, 404), float32, nats."""
        logits = self.logits(weights, tokens).flatten(0, 2).float()
        losses = F.cross_entropy(logits, tokens.flatten().long(), reduction="none")
        return losses.view(tokens.shape)

    def _embed(self, table: Tensor, groups: Tensor) -> Tensor:
        inputs = shift_right(groups.flatten(0, 1)).view(len(groups), -1, 1)
        one_hot = (inputs == self._codes).to(self.route.dtype)
        missing = self.vocabulary - self.config.n_tokens
        padded = self._spread(F.pad(table, (0, 0, 0, missing)))
        embedded = torch.bmm(one_hot, padded).view(*groups.shape, -1)
        return (embedded + self._positions).flatten(1, 2)

    def _readout(self, weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        missing = self.vocabulary - self.config.n_tokens
        matrix = F.pad(weights["readout.weight"], (0, 0, 0, missing))
        bias = F.pad(weights["readout.bias"], (0, missing), value=NEVER)
        return self._spread(matrix), self._spread(bias[:, None])

    def _attention(self, x: Tensor, block: _Block) -> Tensor:
        """x: (g, n, d), already normalised. Returns (g, n, d)."""
        return torch.bmm(self.mix(torch.bmm(x, block.qkv.mT) + block.qkv_bias), block.out)

    def mix(self, qkv: Tensor) -> Tensor:
        """What the heads mix, (g, n, h w), from queries, keys and values side by side, (g, n, qkv_width)."""
        heads = self.config.n_heads
        parts = qkv.split([heads * self.key_width, heads * self.key_width, heads * self.width], dim=2)
        q, k, v = (
            part.view(-1, QUIZ_LENGTH, heads, part.shape[2] // heads).transpose(1, 2) for part in parts
        )
        return self._attend(q, k, v).transpose(1, 2).reshape(len(qkv), -1, heads * self.width)

    @property
    def qkv_width(self) -> int:
        return self.config.n_heads * (2 * self.key_width + self.width)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if q.device.type == "cpu" and not self.route.padded:
            return causal_attention(q, k, v)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=self.config.dim_keys**-0.5)

    def _blocks(self, weights: Mapping[str, Tensor]) -> list[_Block]:
        """The folded weights of all blocks, in the route's dtype and once for each group."""
        w = {name.removeprefix("blocks."): tensor for name, tensor in weights.items()}
        qkv = torch.cat([self._pad(w[f"attention.w_{part}"]).flatten(2, 3) for part in "qkv"], dim=2)
        out = self._pad(w["attention.w_o"].unflatten(2, (self.config.n_heads, -1)))
        folded = (
            *_fold(qkv, w["ln_attention.weight"], w["ln_attention.bias"]),
            out.flatten(2, 3),
            *_fold(w["mlp_in.weight"], w["ln_mlp.weight"], w["ln_mlp.bias"], w["mlp_in.bias"]),
            w["mlp_out.weight"],
            w["mlp_out.bias"][:, :, None],
        )
        spread = [self._spread(tensor, dim=1).unbind(0) for tensor in folded]
        return [_Block(*tensors) for tensors in zip(*spread, strict=True)]

    def _pad(self, heads: Tensor) -> Tensor:
        """Heads (blocks, m, h, width of a head, d) with rows of zeros up to the common width."""
        return F.pad(heads, (0, 0, 0, self.width - heads.shape[3])) if self.route.padded else heads

    def _spread(self, tensor: Tensor, dim: int = 0) -> Tensor:
        """A tensor of the GPTs as one of the groups, in the route's dtype."""
        cast, parts = tensor.to(self.route.dtype), self.route.parts
        if parts == 1:
            return cast
        sizes = list(cast.shape)
        sizes.insert(dim + 1, parts)
        return cast.unsqueeze(dim + 1).expand(sizes).flatten(dim, dim + 1)


def _normalised(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=LAYER_NORM_EPSILON)


def _fold(matrix: Tensor, scale: Tensor, shift: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """A matrix (blocks, m, out, d) and its bias, after a LayerNorm (scale, shift: (blocks, m, d)), as those
    after one that only normalises: (blocks, m, out, d) and (blocks, m, 1, out)."""
    from_shift = (matrix * shift[:, :, None]).sum(3)
    whole = from_shift if bias is None else from_shift + bias
    return matrix * scale[:, :, None], whole[:, :, None]
