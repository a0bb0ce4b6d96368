"""A part of the work of a build, which can be run at a small size."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from culture_core.saes.settings import SAESettings

# quizzes that features are ablated in
CAUSAL_QUIZZES = 24


def nothing(size: int) -> None:
    """What a part needs beforehand, if it needs nothing."""


def few_steps(sae: SAESettings) -> SAESettings:
    """An SAE of which k features fire on a token from the first step on, as of a trained one; of those that
    find their threshold in training, hundreds would."""
    return replace(sae, architecture="topk", tokens=4 * sae.batch_size, finetune_quizzes=0)


@dataclass(frozen=True)
class Part:
    """Work of one kind.

    name: its stage. run: does it once, `size` quizzes, tokens or features large. sizes: two small ones to
    try. jobs, size: how often the build does it, and how large. prepare: what must be there, not timed.
    shared: whether several workers share the jobs. cold: whether its first run loads or compiles what later
    ones find there, and is not to be timed.
    """

    name: str
    run: Callable[[int], Any]
    sizes: tuple[int, int]
    jobs: int
    size: int
    prepare: Callable[[int], Any] = nothing
    shared: bool = True
    cold: bool = False
