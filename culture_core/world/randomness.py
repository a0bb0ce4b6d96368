"""Counter-based random numbers: what a quiz draws depends on its seed, task and index alone.

A number is splitmix64's output for (key of the quiz, number of the draw). There is no generator state, so
any shard of a quiz set can be generated separately, on any device, with the same result: everything is int64
arithmetic that wraps around, equal bit for bit on CPU and GPU.
Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
"""

from collections.abc import Callable

import torch
from torch import Tensor

_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
_RETRY = 0xD1342543DE82EF95
_BRANCH = 0xDA942042E4DD58B5
LARGEST = 2**63 - 1


def _signed(value: int) -> int:
    """The int64 with the same low 64 bits."""
    value %= 2**64
    return value - 2**64 if value >= 2**63 else value


def _xor_shift(values: Tensor, bits: int) -> Tensor:
    """values ^= values >> bits in place, with zeros shifted in: torch shifts int64 with its sign."""
    shifted = values >> bits
    shifted &= (1 << (64 - bits)) - 1
    values ^= shifted
    return values


def _mix(values: Tensor) -> Tensor:
    """Scramble int64 numbers one to one, in place."""
    _xor_shift(values, 30)
    values *= _signed(_MIX_1)
    _xor_shift(values, 27)
    values *= _signed(_MIX_2)
    return _xor_shift(values, 31)


def quiz_keys(seed: int, stream: int, index: Tensor) -> Tensor:
    """One key a quiz, the root of all its random numbers.

    stream: what is drawn (a task, the structure, the noise); streams are independent of each other.
    index: (n,) int64 number of the quiz in its set. Returns (n,) int64.
    """
    root = _mix(torch.tensor([_signed(seed)]))
    root = _mix(root + _signed((stream + 1) * _GOLDEN))
    return _mix(index * _signed(_GOLDEN) + int(root))


class Draws:
    """The random numbers of a batch of quizzes, taken one after the other.

    keys: (n,) int64. Every call to `integers` moves on to numbers not yet used.
    """

    def __init__(self, keys: Tensor) -> None:
        self.keys = keys
        self._used = 0

    def __len__(self) -> int:
        return len(self.keys)

    def bits(self, count: int) -> Tensor:
        """The next `count` random numbers of each quiz: (n, count) int64 in [0, 2^63)."""
        numbers = torch.arange(self._used + 1, self._used + count + 1, device=self.keys.device)
        self._used += count
        mixed = _mix(self.keys[:, None] + numbers * _signed(_GOLDEN))
        mixed &= LARGEST
        return mixed

    def integers(self, bound: int, count: int | None = None) -> Tensor:
        """Uniform integers in [0, bound): (n,), or (n, count). Bias below bound / 2^63."""
        values = self.bits(1 if count is None else count).remainder_(bound)
        return values[:, 0] if count is None else values

    def branch(self, rows: Tensor, number: Tensor) -> "Draws":
        """Draws for parts of quizzes, independent of these. rows: (k,) quizzes; number: (k,) part of each."""
        return Draws(_mix(self.keys[rows] + (number + 1) * _signed(_BRANCH)))

    def pairs(self) -> "Draws":
        """Draws of the two pairs of each quiz, 2n keys: a quiz's (A, f_A) and then its (B, f_B)."""
        pair = torch.arange(2 * len(self), device=self.keys.device)
        return self.branch(pair // 2, pair % 2)

    def retry(self, rows: Tensor, attempt: int) -> "Draws":
        """Draws for some of the quizzes, unlike any before. rows: (k,) indices; attempt: 1, 2, ..."""
        return Draws(_mix(self.keys[rows] + _signed((attempt + (self._used << 32)) * _RETRY)))


def draw_until(
    draws: Draws,
    propose: Callable[[Draws, Tensor], Tensor],
    accept: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """Draw a value for each quiz, again and again for those whose value is not accepted.

    propose(draws of k quizzes, their rows (k,)) -> values (k, ...).
    accept(values (k, ...), rows (k,)) -> bool (k,).
    Returns values (n, ...): each distributed as `propose` given that it is accepted.
    """
    rows = torch.arange(len(draws), device=draws.keys.device)
    values = propose(draws, rows)
    pending = rows[~accept(values, rows)]
    attempt = 0
    while len(pending):
        attempt += 1
        fresh = propose(draws.retry(pending, attempt), pending)
        values[pending] = fresh
        pending = pending[~accept(fresh, pending)]
    return values
