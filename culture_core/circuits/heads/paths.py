"""Path patching: what one head tells the answer through one later head, and what it tells it directly.

The sender's output is replaced in the input of the receiver alone (its queries, keys and values together);
the receiver's changed output then runs on through the rest of the GPT. Everything else that the sender feeds
keeps what it had. Source: K. Wang et al. 2022, "Interpretability in the Wild", with residual paths alone: no
path goes through an MLP or another head between the two.
"""

from collections.abc import Collection, Iterator, Mapping

import torch
from torch import Tensor
from tqdm import tqdm

from culture_core.circuits.heads.margins import BATCH_SIZE, Margins
from culture_core.circuits.heads.reading import (
    Reading,
    after_mlp,
    mixed_values,
    mixed_values_at,
    output_weights,
    read_quizzes,
)
from culture_core.evaluation.attention import block_of
from culture_core.models.mygpt import MyGPT, MyGPTConfig


def n_paths(config: MyGPTConfig) -> int:
    """How many paths there are: from every head to every later one and to the readout."""
    blocks, heads = config.n_blocks, config.n_heads
    return heads * heads * blocks * (blocks - 1) // 2 + heads * blocks


def head_hook(block: int) -> str:
    """The hook point of the mixed values of a block's heads."""
    return f"blocks.{block}.attn.hook_z"


@torch.inference_mode()
def path_effects(
    model: MyGPT,
    tokens: Tensor,
    margins: Margins,
    instead: Mapping[str, Tensor],
    *,
    senders: Collection[int] | None = None,
    progress: str | None = None,
) -> Tensor:
    """The drop of the margin of each quiz (n, 404), in logits, when one path is cut: (n, senders, receivers +
    1) on the CPU.

    Senders and receivers are the heads in the order of their blocks; the last column is the path straight to
    the readout. NaN where the sender is not in an earlier block. instead: what replaces a sender's mixed
    values, by `head_hook`: (404, h, k), as `evaluation.ablation.mean_values` gives them, or (n, 404, h, k).
    senders: the only heads to replace, by number; the rows of others are NaN.
    """
    found = []
    starts = range(0, len(tokens), BATCH_SIZE)
    for start in tqdm(starts, desc=progress, unit="batch", disable=progress is None, leave=False):
        some = slice(start, start + BATCH_SIZE)
        values = {hook: value if value.ndim == 3 else value[some] for hook, value in instead.items()}
        found.append(_effects(model, tokens[some], margins[some], values, senders).cpu())
    return torch.cat(found)


def _effects(
    model: MyGPT,
    tokens: Tensor,
    margins: Margins,
    instead: Mapping[str, Tensor],
    senders: Collection[int] | None,
) -> Tensor:
    reading, n_heads = read_quizzes(model, tokens), model.config.n_heads
    n_all = model.config.n_blocks * n_heads
    at = torch.arange(len(tokens)), margins.position
    intact = margins.of_states(model, reading.last[at])
    effects = reading.last.new_full((len(tokens), n_all, n_all + 1), float("nan"))
    for sender in range(n_all) if senders is None else senders:
        block, head = divmod(sender, n_heads)
        change = _change(model, reading, block, head, instead)
        effects[:, sender, -1] = -(change[at] * margins.direction(model)).sum(-1)
        for receiver, states in _received(model, reading, change, block, margins.position):
            effects[:, sender, receiver] = intact - margins.of_states(model, states)
    return effects


def _change(model: MyGPT, reading: Reading, block: int, head: int, instead: Mapping[str, Tensor]) -> Tensor:
    """What is added to the residual stream (n, t, d) where the sender's output is replaced."""
    difference = instead[head_hook(block)][..., head, :] - reading.heads[block][:, :, head]
    return difference @ output_weights(block_of(model, block).attention)[head]


def _received(
    model: MyGPT, reading: Reading, change: Tensor, sender_block: int, position: Tensor
) -> Iterator[tuple[int, Tensor]]:
    """Every receiver after a block, by its number, and the final states (n, d) at the position when its
    output is what it makes of the changed residual stream."""
    n_heads, last = model.config.n_heads, model.config.n_blocks - 1
    at = torch.arange(len(change)), position
    for block in range(sender_block + 1, last + 1):
        part, x = block_of(model, block), reading.entering[block] + change
        if block == last:
            differences = mixed_values_at(part, x, position) - reading.heads[block][at]
            middle = reading.middle[block][at]
        else:
            differences = mixed_values(part, x) - reading.heads[block]
            middle = reading.middle[block]
        for head, weights in enumerate(output_weights(part.attention)):
            after = after_mlp(part, middle + differences[..., head, :] @ weights)
            yield block * n_heads + head, _run_on(model, block + 1, after, position)


def _run_on(model: MyGPT, block: int, x: Tensor, position: Tensor) -> Tensor:
    """The final states (n, d) at a position, from the residual stream (n, t, d) that enters a block; after
    the last block x (n, d) is at the position already."""
    if block == model.config.n_blocks:
        return x
    for number in range(block, model.config.n_blocks - 1):
        x = block_of(model, number)(x)
    part = block_of(model, model.config.n_blocks - 1)
    attended = mixed_values_at(part, x, position).flatten(1) @ part.attention.w_o
    return after_mlp(part, x[torch.arange(len(x)), position] + attended)
