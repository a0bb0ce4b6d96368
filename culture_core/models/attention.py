"""Causal attention, by the fastest exact route for the device and dtype at hand."""

import torch
import torch.nn.functional as F
from torch import Tensor

N_ROW_BLOCKS = 2


def causal_attention(queries: Tensor, keys: Tensor, values: Tensor, dropout: float = 0.0) -> Tensor:
    """Attend from each token to itself and the tokens before it.

    queries, keys: (n, heads, t, dim_keys); values: (n, heads, t, dim_values). Returns (n, heads, t,
    dim_values). dropout: probability with which an attention weight is dropped (0 outside training).
    """
    if _fused_is_slow(queries, values, dropout):
        return _attention_by_rows(queries, keys, values, dropout)
    return F.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout, is_causal=True)


def cached_attention(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Attend from the last t tokens to all s tokens up to each of them, s >= t.

    queries: (n, heads, t, dim_keys); keys, values: (n, heads, s, ...). Returns (n, heads, t, dim_values).
    """
    n_queries, n_keys = queries.shape[2], keys.shape[2]
    if n_queries == n_keys:
        return causal_attention(queries, keys, values)
    if n_queries == 1:
        return F.scaled_dot_product_attention(queries, keys, values)
    visible = torch.ones(n_queries, n_keys, dtype=torch.bool, device=queries.device)
    visible = visible.tril(diagonal=n_keys - n_queries)
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=visible)


def _fused_is_slow(queries: Tensor, values: Tensor, dropout: float) -> bool:
    """Whether PyTorch has no fused kernel, or a slower one than plain products (docs/reference/models.md,
    "Attention").

    On a CPU it takes no dropout and no two widths, and its backward pass is slow in bf16.
    """
    if queries.device.type != "cpu":
        return False
    two_widths = queries.shape[-1] != values.shape[-1]
    return two_widths or dropout > 0 or (queries.dtype == torch.bfloat16 and queries.requires_grad)


def _attention_by_rows(queries: Tensor, keys: Tensor, values: Tensor, dropout: float) -> Tensor:
    """Plain products, a block of rows at a time: half of the masked upper triangle is never computed."""
    n_tokens, scale = queries.shape[2], queries.shape[3] ** -0.5
    rows_per_block = -(-n_tokens // N_ROW_BLOCKS)
    outputs = []
    for first in range(0, n_tokens, rows_per_block):
        last = min(first + rows_per_block, n_tokens)
        scores = (queries[:, :, first:last] * scale) @ keys[:, :, :last].transpose(-2, -1)
        hidden = torch.ones(last - first, last, dtype=torch.bool, device=queries.device).triu(first + 1)
        weights = scores.masked_fill(hidden, float("-inf")).softmax(dim=-1)
        outputs.append(F.dropout(weights, dropout, training=dropout > 0) @ values[:, :, :last])
    return torch.cat(outputs, dim=2)
