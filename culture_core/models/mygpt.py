"""MyGPT, the model of the culture experiment, in one file.

A decoder-only transformer: pre-LayerNorm, ReLU MLP, fixed sinusoidal positions, no biases in attention, no
LayerNorm before the readout. Output t predicts token t, because the input is shifted right by one with a 0 in
front. Source: docs/reference/models.md, "Architecture".

Shapes: n quizzes, t tokens, v vocabulary, h heads, d d_model, k dim_keys.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from culture_core.errors import CultureError
from culture_core.models.attention import cached_attention, causal_attention
from culture_core.world.vocabulary import N_TOKENS, QUIZ_LENGTH

if TYPE_CHECKING:
    from culture_core.models.hooked_linear import LinearGPT

# what an intervention is: a hook point's TransformerLens name and its value -> the value to go on with
Edit = Callable[[str, Tensor], Tensor]

# hook points of a block at which an intervention may act, in the order in which they are reached
EDIT_POINTS = (
    "hook_resid_pre",
    "attn.hook_z",
    "hook_attn_out",
    "hook_resid_mid",
    "mlp.hook_post",
    "hook_mlp_out",
    "hook_resid_post",
)

N_CTX = QUIZ_LENGTH + 1
POSITION_PERIOD = 1e5
EMBEDDING_STD = 0.02


@dataclass(frozen=True)
class MyGPTConfig:
    """The shape of a MyGPT.

    d_model: width of the residual stream. dim_keys: width of a query or key, free of d_model / n_heads, which
    is the width of a value. dim_hidden: width of the MLP. dropout: on embeddings, attention weights and MLP
    outputs, in training.
    """

    d_model: int
    dim_keys: int
    dim_hidden: int
    n_heads: int
    n_blocks: int
    dropout: float = 0.1
    n_tokens: int = N_TOKENS

    def __post_init__(self) -> None:
        if min(self.d_model, self.dim_keys, self.dim_hidden, self.n_heads, self.n_blocks, self.n_tokens) < 1:
            raise CultureError(f"every size of a MyGPT must be at least 1: {self}")
        if self.d_model % self.n_heads:
            raise CultureError(f"d_model {self.d_model} is not a multiple of n_heads {self.n_heads}")

    @property
    def dim_values(self) -> int:
        return self.d_model // self.n_heads


PRESETS = {
    "17K": MyGPTConfig(32, 32, 32, 2, 2),
    "1M": MyGPTConfig(128, 64, 512, 2, 4),
    "1.2M": MyGPTConfig(128, 64, 512, 2, 6),
    "1.6M": MyGPTConfig(128, 64, 512, 2, 8),
    "4M": MyGPTConfig(256, 32, 1024, 4, 6),
    "37M": MyGPTConfig(512, 64, 2048, 8, 12),
    "122M": MyGPTConfig(768, 64, 2048, 8, 24),
    "352M": MyGPTConfig(1024, 64, 2048, 8, 48),
}


def preset(name: str) -> MyGPTConfig:
    """The config of a named size. Errors: CultureError with the names there are."""
    if name not in PRESETS:
        raise CultureError(f"no preset {name!r}: choose one of {', '.join(PRESETS)}")
    return PRESETS[name]


class KeyValueCache:
    """Keys and values of the tokens read so far, in room set aside once.

    keys: (blocks, n, h, length, k); values: (blocks, n, h, length, dim_values); filled: tokens read so far.
    """

    def __init__(self, model: "MyGPT | LinearGPT", n: int, length: int = N_CTX) -> None:
        config, like = model.config, model.readout.weight
        rows = (config.n_blocks, n, config.n_heads, length)
        self.keys = like.new_empty(*rows, config.dim_keys)
        self.values = like.new_empty(*rows, config.dim_values)
        self.filled = 0

    def append(self, block: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store a block's new keys and values (n, h, t, ...); return its whole past with them."""
        end = self.filled + keys.shape[2]
        self.keys[block, :, :, self.filled : end] = keys
        self.values[block, :, :, self.filled : end] = values
        return self.keys[block, :, :, :end], self.values[block, :, :, :end]


class Attention(nn.Module):
    """Multi-head causal attention whose keys may have another width than its values."""

    def __init__(self, config: MyGPTConfig) -> None:
        super().__init__()
        self.dropout = config.dropout
        self.w_q = _random_matrix(config.n_heads, config.dim_keys, config.d_model)
        self.w_k = _random_matrix(config.n_heads, config.dim_keys, config.d_model)
        self.w_v = _random_matrix(config.n_heads, config.dim_values, config.d_model)
        self.w_o = _random_matrix(config.d_model, config.d_model)

    def forward(
        self, x: Tensor, cache: KeyValueCache | None = None, block: int = 0, edit: Edit | None = None
    ) -> Tensor:
        """x: (n, t, d), already normalised. Returns (n, t, d)."""
        queries, keys, values = (by_head(x, weight) for weight in (self.w_q, self.w_k, self.w_v))
        if cache is None:
            mixed = causal_attention(queries, keys, values, self.dropout if self.training else 0.0)
        else:
            mixed = cached_attention(queries, *cache.append(block, keys, values))
        by_token = mixed.transpose(1, 2)
        if edit is not None:
            by_token = edit(f"blocks.{block}.attn.hook_z", by_token)
        return by_token.flatten(2) @ self.w_o


class Block(nn.Module):
    """Attention, then MLP, each reading the normalised residual stream and adding to it."""

    def __init__(self, config: MyGPTConfig) -> None:
        super().__init__()
        self.ln_attention = nn.LayerNorm(config.d_model)
        self.attention = Attention(config)
        self.ln_mlp = nn.LayerNorm(config.d_model)
        self.mlp_in = nn.Linear(config.d_model, config.dim_hidden)
        self.mlp_out = nn.Linear(config.dim_hidden, config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, x: Tensor, cache: KeyValueCache | None = None, block: int = 0, edit: Edit | None = None
    ) -> Tensor:
        if edit is not None:
            return self._edited(x, cache, block, edit)
        x = x + self.attention(self.ln_attention(x), cache, block)
        return x + self.dropout(self.mlp_out(F.relu(self.mlp_in(self.ln_mlp(x)))))

    def _edited(self, x: Tensor, cache: KeyValueCache | None, block: int, edit: Edit) -> Tensor:
        name = f"blocks.{block}"
        x = edit(f"{name}.hook_resid_pre", x)
        attended = self.attention(self.ln_attention(x), cache, block, edit)
        x = edit(f"{name}.hook_resid_mid", x + edit(f"{name}.hook_attn_out", attended))
        hidden = edit(f"{name}.mlp.hook_post", F.relu(self.mlp_in(self.ln_mlp(x))))
        x = x + edit(f"{name}.hook_mlp_out", self.dropout(self.mlp_out(hidden)))
        return edit(f"{name}.hook_resid_post", x)


class MyGPT(nn.Module):
    """The GPT of the culture experiment.

    id: its number in the population; main_test_accuracy: the accuracy its checkpoint carries (None when
    unknown).
    """

    positions: Tensor

    def __init__(self, config: MyGPTConfig) -> None:
        super().__init__()
        self.config = config
        self.id: int | None = None
        self.main_test_accuracy: float | None = None
        self.token_embedding = nn.Embedding(config.n_tokens, config.d_model)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_blocks))
        self.readout = nn.Linear(config.d_model, config.n_tokens)
        self.register_buffer(
            "positions", sinusoidal_positional_encoding(N_CTX, config.d_model), persistent=False
        )
        nn.init.normal_(self.token_embedding.weight, std=EMBEDDING_STD)

    @property
    def n_parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (n, t, v) for tokens (n, t) of any integer dtype and device: logit t predicts token t."""
        return self.read(shift_right(tokens))

    def read(self, inputs: Tensor, cache: KeyValueCache | None = None, edit: Edit | None = None) -> Tensor:
        """Logits (n, t, v) for inputs (n, t) that have the 0 in front: logit t predicts the input after t.

        cache: what was read before; the inputs continue it, and it is extended in place.
        edit: called at the EDIT_POINTS of every block, with values (n, t, d), hook_z (n, t, h, dim_values)
        and hook_post (n, t, dim_hidden); what it returns takes the value's place. The model itself is
        unchanged.
        """
        start = 0 if cache is None else cache.filled
        logits = self.finish(self.embed(inputs, start), 0, cache, edit)
        if cache is not None:
            cache.filled += inputs.shape[1]
        return logits

    def embed(self, inputs: Tensor, start: int = 0) -> Tensor:
        """The residual stream (n, t, d) that enters the first block; start: position of the first input."""
        positions = self.positions[start : start + inputs.shape[1]]
        return self.dropout(self.token_embedding(inputs.to(self.positions.device, torch.long))) + positions

    def finish(
        self, x: Tensor, first: int, cache: KeyValueCache | None = None, edit: Edit | None = None
    ) -> Tensor:
        """Logits (n, t, v) from the residual stream x (n, t, d) that enters block number `first`."""
        for number in range(first, len(self.blocks)):
            x = self.blocks[number](x, cache, number, edit)
        return self.readout(x)


def shift_right(tokens: Tensor) -> Tensor:
    """Put a 0 in front and drop the last token: (n, t) -> (n, t)."""
    return F.pad(tokens, (1, -1))


def sinusoidal_positional_encoding(
    seq_length: int, emb_dim: int, max_length: float = POSITION_PERIOD
) -> Tensor:
    """The fixed positions (seq_length, emb_dim), float32: sines in even columns, cosines in odd ones.

    PE[t, j] = sin(t / max_length^((j - j%2) / emb_dim) + (pi/2) (j%2)). Source: Vaswani et al. 2017.
    """
    position = torch.arange(seq_length, dtype=torch.float32)[:, None]
    column = torch.arange(emb_dim, dtype=torch.float32)[None, :]
    odd = column % 2
    return torch.sin(position / max_length ** ((column - odd) / emb_dim) + math.pi / 2 * odd)


def _random_matrix(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape) / math.sqrt(shape[-1]))


def by_head(x: Tensor, weight: Tensor) -> Tensor:
    """Apply a weight (h, k, d) to x (n, t, d): (n, h, t, k)."""
    heads, width, _ = weight.shape
    return F.linear(x, weight.flatten(0, 1)).unflatten(2, (heads, width)).transpose(1, 2)
