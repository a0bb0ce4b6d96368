"""The quizzes of all GPTs in training: made on the device, a chunk ahead, a piece after each step.

Numbers and seeds are those of `MixedStream` (training/stream.py): every task of every GPT is a stream of its
own, of which no quiz comes twice.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from culture_core.training.stream import draw_tasks, task_seed
from culture_core.world.quizzes import generate_stream
from culture_core.world.vocabulary import QUIZ_LENGTH


class _Chunk:
    """Room for `size` quizzes of each GPT: tokens (m, size, 404) uint8, structure (m, size) uint8."""

    def __init__(self, n_models: int, size: int, device: torch.device) -> None:
        self.tokens = torch.empty(n_models, size, QUIZ_LENGTH, dtype=torch.uint8, device=device)
        self.structure = torch.empty(n_models, size, dtype=torch.uint8, device=device)


class Feed:
    """Batches for all GPTs at once.

    taken: for each GPT, the quizzes of each task that were set aside for training so far. mix: (m, tasks)
    share of each task in the chunks to come.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        tasks: Sequence[str],
        device: torch.device,
        chunk: int,
        taken: Sequence[Sequence[int]] | None = None,
        *,
        made_on: torch.device | None = None,
    ) -> None:
        """chunk: quizzes of each GPT made ahead. made_on: another device to make them on."""
        self._made_on = made_on or device
        self.seeds, self.tasks, self.device, self.chunk = list(seeds), tuple(tasks), device, chunk
        self.taken = [list(row) for row in taken] if taken else [[0] * len(tasks) for _ in seeds]
        self.mix = torch.ones(len(seeds), len(tasks))
        self._stream = torch.cuda.Stream(device, priority=-1) if device.type == "cuda" else None
        self._current, self._next = (_Chunk(len(seeds), chunk, device) for _ in range(2))
        self._place = chunk
        self._begin()

    def read(self, count: int) -> tuple[Tensor, Tensor]:
        """The next tokens (m, count, 404) and structures (m, count), as views that live until the chunk after
        next."""
        if self._place + count > self.chunk:
            self._swap()
        part = slice(self._place, self._place + count)
        self._place += count
        return self._current.tokens[:, part], self._current.structure[:, part]

    def fill(self) -> None:
        """Make the first chunk, if that is not done yet."""
        if self._place == self.chunk:
            self._swap()

    def work(self) -> None:
        """Generate one more piece of the next chunk while the device computes."""
        next(self._pieces, None)

    def _swap(self) -> None:
        for _ in self._pieces:
            pass
        self._current, self._next = self._next, self._current
        self.taken, self._place = self._taken_next, 0
        self._begin()

    def _begin(self) -> None:
        """Plan the next chunk, over the one that has been read."""
        if self._stream is not None:
            self._stream.wait_stream(torch.cuda.current_stream(self.device))
        self._taken_next = [list(row) for row in self.taken]
        self._pieces = self._make_next()

    def _make_next(self) -> Iterator[None]:
        """Fill the next chunk, a task of a GPT at a time."""
        for k, seed in enumerate(self.seeds):
            order = draw_tasks(self.mix[k], self.chunk, seed + sum(self.taken[k]))
            for t, task in enumerate(self.tasks):
                places = (order == t).nonzero()[:, 0]
                if len(places):
                    self._make_piece(k, t, task_seed(seed, task), places)
                yield

    def _make_piece(self, k: int, t: int, seed: int, places: Tensor) -> None:
        with self._aside():
            first = self._taken_next[k][t]
            batch = generate_stream((self.tasks[t],), first, len(places), seed, device=self._made_on)
            where = places.to(self.device)
            self._next.tokens[k].index_copy_(0, where, batch.tokens.to(self.device))
            self._next.structure[k].index_copy_(0, where, batch.structure.to(self.device))
        if self._stream is not None:
            self._stream.synchronize()
        self._taken_next[k][t] += len(places)

    def _aside(self) -> AbstractContextManager[object]:
        return nullcontext() if self._stream is None else torch.cuda.stream(self._stream)
