"""What a GPT computes on a batch of quizzes, kept for measuring its heads."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from culture_core.models.attention import causal_attention
from culture_core.models.mygpt import Attention, Block, MyGPT, by_head, shift_right


@dataclass(frozen=True)
class Reading:
    """One pass over quizzes (n, t), by block: the residual stream (n, t, d) that enters it, the same after
    its attention, and the mixed values (n, t, h, k) of its heads; and the last residual stream."""

    entering: list[Tensor]
    heads: list[Tensor]
    middle: list[Tensor]
    last: Tensor


def read_quizzes(model: MyGPT, tokens: Tensor) -> Reading:
    """Run a GPT on quizzes (n, t)."""
    kept: dict[str, list[Tensor]] = {
        name: [] for name in ("hook_resid_pre", "hook_z", "hook_resid_mid", "hook_resid_post")
    }

    def keep(hook: str, value: Tensor) -> Tensor:
        name = hook.rpartition(".")[2]
        if name in kept:
            kept[name].append(value)
        return value

    model.read(shift_right(tokens), edit=keep)
    entering, heads, middle, after = kept.values()
    return Reading(entering, heads, middle, after[-1])


def output_weights(attention: Attention) -> Tensor:
    """What each head's mixed values are multiplied by: (h, k, d)."""
    return attention.w_o.unflatten(0, (len(attention.w_v), -1))


def mixed_values(block: Block, x: Tensor) -> Tensor:
    """The mixed values (n, t, h, k) of a block's heads, from the residual stream (n, t, d) entering it."""
    weights = (block.attention.w_q, block.attention.w_k, block.attention.w_v)
    queries, keys, values = (by_head(block.ln_attention(x), weight) for weight in weights)
    return causal_attention(queries, keys, values).transpose(1, 2)


def mixed_values_at(block: Block, x: Tensor, position: Tensor) -> Tensor:
    """The same at one position (n,) of each quiz: (n, h, k)."""
    attention, normalised = block.attention, block.ln_attention(x)
    queries = by_head(normalised[torch.arange(len(x)), position][:, None], attention.w_q)
    keys, values = (by_head(normalised, weight) for weight in (attention.w_k, attention.w_v))
    visible = torch.arange(x.shape[1], device=x.device) <= position[:, None, None, None]
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=visible).squeeze(2)


def after_mlp(block: Block, middle: Tensor) -> Tensor:
    """The residual stream (..., d) after a block, from the one (..., d) before its MLP."""
    return middle + block.mlp_out(torch.relu(block.mlp_in(block.ln_mlp(middle))))
