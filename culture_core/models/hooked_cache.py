"""A key-value cache for HookedTransformer that never copies its past.

TransformerLens' own cache makes a longer copy of all keys and values for every new token, and lays them out
so that each attention product copies them once more. This one has room for the whole text from the start, a
head's positions side by side, and hands TransformerLens views of it.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformer_lens.cache.key_value_cache import TransformerLensKeyValueCache
from transformer_lens.cache.key_value_cache_entry import TransformerLensKeyValueCacheEntry

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer


def roomy_cache(model: "HookedTransformer", n: int) -> TransformerLensKeyValueCache:
    """An empty cache for n texts of up to n_ctx tokens, to be passed as `past_kv_cache`."""
    cfg = model.cfg
    room = torch.empty(
        (cfg.n_layers, 2, n, cfg.n_heads, cfg.n_ctx, cfg.d_head), device=cfg.device, dtype=cfg.dtype
    )
    return TransformerLensKeyValueCache(
        entries=[RoomyEntry(*layer) for layer in room.transpose(3, 4)],
        previous_attention_mask=torch.empty((n, 0), device=cfg.device, dtype=torch.long),
    )


class RoomyEntry(TransformerLensKeyValueCacheEntry):
    """The keys and values of one layer: views (n, tokens so far, heads, d_head) of room for n_ctx tokens."""

    past_keys: Tensor
    past_values: Tensor

    def __init__(self, key_room: Tensor, value_room: Tensor) -> None:
        super().__init__(past_keys=key_room[:, :0], past_values=value_room[:, :0])
        self.key_room, self.value_room = key_room, value_room

    def append(self, new_keys: Tensor, new_values: Tensor) -> tuple[Tensor, Tensor]:
        start = self.past_keys.shape[1]
        end = start + new_keys.shape[1]
        self.key_room[:, start:end] = new_keys
        self.value_room[:, start:end] = new_values
        self.past_keys, self.past_values = self.key_room[:, :end], self.value_room[:, :end]
        return self.past_keys, self.past_values
