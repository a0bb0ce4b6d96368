"""Hook points in the order in which a forward pass reaches them, their short names, and what follows what."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from culture_core.saes.hooks import default_hook

# the points of a block in the order of its forward pass, with their short names
WORDS = {
    "hook_resid_pre": "before block",
    "attn.hook_z": "heads",
    "hook_attn_out": "attention",
    "hook_resid_mid": "middle of block",
    "mlp.hook_post": "neurons",
    "hook_mlp_out": "MLP",
    "hook_resid_post": "block",
}
STREAM = ("hook_resid_pre", "hook_resid_mid", "hook_resid_post")
ADDED_TO_STREAM = ("hook_attn_out", "hook_mlp_out")
HOOK = re.compile(r"blocks\.(\d+)\.(.+)")


def by_depth(hooks: Iterable[str]) -> list[str]:
    """Hook points in the order of a forward pass; those of no block last."""
    return sorted(hooks, key=_depth)


def short_words(hook: str) -> str:
    """A hook point in short: "block 2", "MLP 2"; its name where it has no short one."""
    block, point = _parts(hook)
    return f"{WORDS[point]} {block}" if point in WORDS else hook


def main_hook(hooks: Sequence[str], n_blocks: int) -> str:
    """The hook point that pages and results show first: the one at 2/3 depth if it is among them."""
    usual = default_hook(n_blocks)
    return usual if usual in hooks else hooks[0]


def adjacent(hooks: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of which one hook point follows the other: next in depth or, past what a block adds, next on
    the residual stream."""
    ordered = by_depth(hooks)
    stream = [hook for hook in ordered if _parts(hook)[1] in STREAM]
    pairs = {*pairwise(ordered), *pairwise(stream)}
    return sorted(pairs, key=lambda pair: (ordered.index(pair[0]), ordered.index(pair[1])))


def in_stream(hook: str) -> bool:
    """Whether the activations at a hook point are the residual stream, or are added to it."""
    return _parts(hook)[1] in (*STREAM, *ADDED_TO_STREAM)


def _parts(hook: str) -> tuple[int | None, str]:
    """The block and the point within it; no block, and the name, of a hook point outside the blocks."""
    found = HOOK.fullmatch(hook)
    return (int(found[1]), found[2]) if found else (None, hook)


def _depth(hook: str) -> tuple[float, int, str]:
    block, point = _parts(hook)
    places = list(WORDS)
    place = places.index(point) if point in places else len(places)
    return float("inf") if block is None else block, place, hook
