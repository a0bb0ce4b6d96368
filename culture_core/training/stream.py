"""The endless stream of quizzes one GPT is trained on, and the weight of every token in its loss."""

from collections.abc import Sequence

import torch
from torch import Tensor

from culture_core.training.culture_stream import CultureStream, culture_share
from culture_core.training.recipes import Recipe
from culture_core.world.quizzes import QuizBatch, concatenate, generate_stream
from culture_core.world.vocabulary import BLOCK_LENGTH, LAST_GRID, QUIZ_LENGTH, STRUCTURES, TASKS

CHUNK = 256
SEED_STEP = 1_000_000_007
LARGEST_SEED = 2**63 - 1


class QuizStream:
    """The quizzes of one task, numbered, none twice: the same seed and number are the same quiz, always.

    They are generated a chunk at a time, on the device that trains.
    """

    def __init__(self, task: str, seed: int, device: torch.device | str = "cpu") -> None:
        self.task, self.seed, self.device = task, seed, device
        self._chunk: QuizBatch | None = None
        self._first = 0

    def read(self, first: int, count: int) -> QuizBatch:
        """Quizzes number `first` to `first + count`."""
        offset = first - self._first
        if self._chunk is None or offset < 0 or offset + count > len(self._chunk):
            size = max(CHUNK, count)
            self._chunk = generate_stream((self.task,), first, size, self.seed, device=self.device)
            self._first, offset = first, 0
        return self._chunk[offset : offset + count]


class MixedStream:
    """The streams of several tasks, of which each batch takes its share by the mix of the moment.

    culture: (m, 404) quizzes the GPTs invented, which are a stream of their own, behind those of the tasks.
    culture_epoch: quizzes among which each of them comes once.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        seed: int,
        device: torch.device | str = "cpu",
        culture: Tensor | None = None,
        culture_epoch: int = Recipe.culture_epoch,
    ) -> None:
        self.seed = seed
        self._streams: list[QuizStream | CultureStream] = [
            QuizStream(task, task_seed(seed, task), device) for task in tasks
        ]
        self._culture_share = 0.0
        if culture is not None and len(culture):
            self._streams.append(CultureStream(culture, seed, device))
            self._culture_share = culture_share(len(culture), culture_epoch)

    def read(
        self, taken: Sequence[int], mix: Tensor, count: int, part: slice = slice(None)
    ) -> tuple[QuizBatch, list[int]]:
        """The next `count` quizzes, or a part of them, and how many of each stream are taken after them all.

        taken: quizzes taken of each stream so far (none of those it does not name). mix: (tasks,) share of
        each task among the quizzes of the world.
        """
        taken = [*taken, *[0] * (len(self._streams) - len(taken))]
        tasks = draw_tasks(self._with_culture(mix), count, self.seed + sum(taken))
        batches = []
        for t, stream in enumerate(self._streams):
            before = int((tasks[: part.start or 0] == t).sum())
            here = int((tasks[part] == t).sum())
            if here:
                batches.append(stream.read(taken[t] + before, here))
        counts = torch.bincount(tasks, minlength=len(taken)).tolist()
        return concatenate(batches), [old + new for old, new in zip(taken, counts, strict=True)]

    def _with_culture(self, mix: Tensor) -> Tensor:
        """The share of every stream, that of culture quizzes last."""
        if not self._culture_share:
            return mix
        world = mix / mix.sum() * (1 - self._culture_share)
        return torch.cat([world, torch.tensor([self._culture_share])])


def task_seed(seed: int, task: str) -> int:
    """Seed of one task's stream: its own, as one seed and number give one structure in all tasks."""
    return (seed + 1) * SEED_STEP + TASKS.index(task)


def draw_tasks(mix: Tensor, count: int, seed: int) -> Tensor:
    """Tasks of a batch, in random order: (count,) int64, each as often as its share says, within one."""
    generator = torch.Generator().manual_seed(seed % LARGEST_SEED)
    points = (torch.arange(count) + torch.rand(1, generator=generator)) / count
    edges = (mix / mix.sum()).cumsum(0)
    tasks = torch.searchsorted(edges, points).clamp(max=len(mix) - 1)
    return tasks[torch.randperm(count, generator=generator)]


def task_mix(accuracy: Sequence[float], recipe: Recipe) -> Tensor:
    """Share of each task in training, by how often the GPT fails it; all alike where the focus is 0."""
    failures = 1 - torch.tensor(accuracy)
    return (failures + recipe.focus_floor) ** recipe.focus


def loss_weights(structure: Tensor, recipe: Recipe) -> Tensor:
    """Weight of every token in the loss: (n,) structures -> (n, 404) float32.

    The predicted grid of an answerable structure weighs `answer_weight`, all else `elsewhere_weight`; markers
    are given, so they weigh nothing.
    """
    weights = torch.full((len(STRUCTURES), QUIZ_LENGTH), recipe.elsewhere_weight)
    weights[[s.answerable for s in STRUCTURES], LAST_GRID] = recipe.answer_weight
    weights[:, ::BLOCK_LENGTH] = 0.0
    return weights.to(structure.device)[structure.long()]
