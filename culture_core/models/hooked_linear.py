"""MyGPT in the parts that a TransformerBridge wraps: one module for each value that has a hook point.

The bridge puts its wrappers in the place of these modules and calls them, so a value can be seen or replaced
only where it enters or leaves one. None may have a name of the bridge's own (embed, blocks, unembed).

Shapes: n quizzes, t tokens, s tokens with those read before, v vocabulary, h heads, d d_model, k dim_keys.
"""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from culture_core.models.mygpt import Attention, Block, KeyValueCache, MyGPT, MyGPTConfig

Hook = Callable[[Tensor], Tensor]
Extend = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class LinearGPT(nn.Module):
    """A MyGPT on its own copy of the weights, without dropout."""

    def __init__(self, model: MyGPT) -> None:
        super().__init__()
        self.config = model.config
        self.tokens = deepcopy(model.token_embedding)
        self.positions = nn.Embedding.from_pretrained(model.positions.clone(), freeze=True)
        self.layers = nn.ModuleList(
            LinearBlock(block, model.config) for block in model.blocks if isinstance(block, Block)
        )
        self.readout = deepcopy(model.readout)

    def forward(
        self,
        input_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        past_key_values: KeyValueCache | None = None,
        use_cache: bool = False,  # noqa: ARG002 - a bridge passes it beside past_key_values
    ) -> Tensor:
        """Logits (n, t, v) for inputs (n, t) that have the 0 in front: logit t predicts the input after t.

        inputs_embeds: (n, t, d), in place of embedded inputs. past_key_values: what was read before; the
        inputs continue it, and it is extended in place.
        """
        x = inputs_embeds if input_ids is None else self.tokens(input_ids.long())
        assert x is not None
        if past_key_values is None:
            return self._read(x, 0, [None] * len(self.layers))
        extends = [partial(past_key_values.append, number) for number in range(len(self.layers))]
        logits = self._read(x, past_key_values.filled, extends)
        past_key_values.filled += x.shape[1]
        return logits

    def _read(self, x: Tensor, start: int, extends: Sequence[Extend | None]) -> Tensor:
        places = torch.arange(start, start + x.shape[1], device=x.device)
        x = x + self.positions(places.expand(x.shape[:2]))
        for layer, extend in zip(self.layers, extends, strict=True):
            (x,) = layer(x, extend=extend)
        return self.readout(x)


class LinearBlock(nn.Module):
    """A block of a LinearGPT; a bridge expects of blocks that they return a tuple."""

    def __init__(self, block: Block, config: MyGPTConfig) -> None:
        super().__init__()
        self.ln_attention = deepcopy(block.ln_attention)
        self.attention = LinearAttention(block.attention, config)
        self.middle = nn.Identity()
        self.ln_mlp = deepcopy(block.ln_mlp)
        self.feed_forward = LinearMLP(block)

    def forward(self, x: Tensor, extend: Extend | None = None) -> tuple[Tensor]:
        x = self.middle(x + self.attention(self.ln_attention(x), extend=extend))
        return (x + self.feed_forward(self.ln_mlp(x)),)


class LinearAttention(nn.Module):
    """Attention step by step, so that scores and pattern can be seen and replaced."""

    def __init__(self, attention: Attention, config: MyGPTConfig) -> None:
        super().__init__()
        self.n_heads, self.scale = config.n_heads, math.sqrt(config.dim_keys)
        self.to_q = _linear(attention.w_q.flatten(0, 1))
        self.to_k = _linear(attention.w_k.flatten(0, 1))
        self.to_v = _linear(attention.w_v.flatten(0, 1))
        self.to_out = _linear(attention.w_o.T)

    def forward(
        self,
        x: Tensor,
        extend: Extend | None = None,
        at_scores: Hook | None = None,
        at_pattern: Hook | None = None,
    ) -> Tensor:
        """x: (n, t, d), normalised. extend: puts past keys and values before new ones, both (n, h, t, ...).

        at_scores, at_pattern: given (n, h, t, s); their results take the values' place.
        """
        queries, keys, values = (self._by_head(part(x)) for part in (self.to_q, self.to_k, self.to_v))
        if extend is not None:
            keys, values = extend(keys, values)
        scores = _only_the_past(queries @ keys.mT / self.scale)
        pattern = (scores if at_scores is None else at_scores(scores)).softmax(dim=-1)
        mixed = (pattern if at_pattern is None else at_pattern(pattern)) @ values
        return self.to_out(mixed.transpose(1, 2).flatten(2))

    def _by_head(self, x: Tensor) -> Tensor:
        """(n, t, h k) -> (n, h, t, k)."""
        return x.unflatten(2, (self.n_heads, -1)).transpose(1, 2)


class LinearMLP(nn.Module):
    """The MLP of a block."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.widen = deepcopy(block.mlp_in)
        self.narrow = deepcopy(block.mlp_out)

    def forward(self, x: Tensor) -> Tensor:
        return self.narrow(F.relu(self.widen(x)))


def _linear(weight: Tensor) -> nn.Linear:
    """A layer without a bias on a copy of a weight (out, in)."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta")
    layer.weight = nn.Parameter(weight.detach().clone(memory_format=torch.contiguous_format))
    return layer


def _only_the_past(scores: Tensor) -> Tensor:
    """Minus infinity where the t newest tokens would see later ones: (n, h, t, s)."""
    t, s = scores.shape[-2:]
    later = torch.ones(t, s, dtype=torch.bool, device=scores.device).triu(diagonal=s - t + 1)
    return scores.masked_fill(later, float("-inf"))
