"""Which heads of several GPTs do the same: profiles of behaviour, one-to-one matches, and their chance level.

A profile is everything the catalogue measures: attention by target, copy score, what is added at the deciding
cell and what ablation breaks, task by task. Every number is standardised over all heads of all GPTs, each of
the four kinds counts alike, and two heads are as similar as the cosine of their profiles. The heads of two
GPTs are paired so that the sum of similarities is highest (scipy's linear_sum_assignment).
Source: docs/reference/interventions.md, "The same head in other GPTs".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from culture_core.circuits.heads.catalogue import Heads
from culture_core.universality.matching.best import one_to_one

N_SHUFFLES = 100
LOSS_BENDS_AT = 0.01
LEAST_DEVIATION = 1e-9


@dataclass(frozen=True)
class HeadMatches:
    """The heads of m GPTs, n each, paired with those of every other.

    models: ids. names: of the heads. partner: (m, m, n) number of the head of GPT b that is paired with head
    i of GPT a, itself where a = b. similarity: (m, m, n) theirs. shuffled: (draws,) mean similarity of all
    pairs when each kind of numbers is shuffled among the heads of every second GPT, and paired anew. random:
    mean similarity of the heads of two GPTs paired at random. With one GPT there are no draws.
    """

    models: tuple[int, ...]
    names: tuple[str, ...]
    partner: NDArray[np.int64]
    similarity: NDArray[np.float64]
    shuffled: NDArray[np.float64]
    random: float

    @property
    def between(self) -> NDArray[np.bool_]:
        """(m, m) the pairs of different GPTs."""
        return ~np.eye(len(self.models), dtype=bool)

    @property
    def mean(self) -> float:
        """Mean similarity of all pairs of heads of different GPTs."""
        return float(self.similarity[self.between].mean())

    @property
    def in_same_block(self) -> float:
        """Share of pairs that are in the same block."""
        blocks = np.array([int(name.partition(".")[0]) for name in self.names])
        return float((blocks[self.partner] == blocks)[self.between].mean())


def match_heads(catalogue: Mapping[int, Heads], *, seed: int = 0) -> HeadMatches:
    """Pair the heads of GPTs, given by their ids; all have the same shape and tasks."""
    kinds = _standardised_kinds(list(catalogue.values()))
    similarity = _similarity(kinds, kinds)
    partner, found = _paired(similarity)
    m, n = partner.shape[1:]
    between, generator = ~np.eye(m, dtype=bool), np.random.default_rng(seed)
    names = next(iter(catalogue.values())).names
    if m == 1:
        return HeadMatches(tuple(catalogue), names, partner, found, np.zeros(0), float("nan"))
    draws = []
    for _ in range(N_SHUFFLES):
        orders = generator.permuted(np.tile(np.arange(n), (len(kinds), m, 1)), axis=-1)
        mixed = [np.take_along_axis(*pair, axis=1) for pair in zip(kinds, orders[..., None], strict=True)]
        draws.append(_paired(_similarity(kinds, mixed))[1][between].mean())
    return HeadMatches(
        tuple(catalogue), names, partner, found, np.array(draws), float(similarity[between].mean())
    )


def _standardised_kinds(catalogue: Sequence[Heads]) -> list[NDArray[np.float64]]:
    """The four kinds of numbers, each (m, n, c): by column of mean 0 and deviation 1 over all heads, then
    divided by the root of c, so that kinds count alike."""
    # a loss is linear up to 0.01 nats and logarithmic beyond, so that one head does not outweigh all others
    kinds = (
        [heads.looks for heads in catalogue],
        [heads.copies for heads in catalogue],
        [heads.direct for heads in catalogue],
        [np.arcsinh(heads.loss / LOSS_BENDS_AT) for heads in catalogue],
    )
    return [_standardised(np.stack([_by_head(values) for values in kind])) for kind in kinds]


def _by_head(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Values (t, b, h, ...) of one GPT as (heads, numbers)."""
    tasks_last = np.moveaxis(np.asarray(values, np.float64), 0, -1)
    return tasks_last.reshape(values.shape[1] * values.shape[2], -1)


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    deviation = values.std((0, 1))
    scaled = (values - values.mean((0, 1))) / np.where(deviation > LEAST_DEVIATION, deviation, np.inf)
    return scaled / np.sqrt(values.shape[-1])


def _similarity(
    kinds: Sequence[NDArray[np.float64]], others: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Cosines (m, m, n, n) of every head's profile with every other's."""
    profiles, other_profiles = (
        joined / np.maximum(np.linalg.norm(joined, axis=-1, keepdims=True), LEAST_DEVIATION)
        for joined in (np.concatenate(one, -1) for one in (kinds, others))
    )
    return np.einsum("aip,bjp->abij", profiles, other_profiles)


def _paired(similarity: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The partner (m, m, n) of every head in every GPT, and their similarity."""
    partner = np.array([[one_to_one(square) for square in row] for row in similarity])
    return partner, np.take_along_axis(similarity, partner[..., None], -1)[..., 0]
