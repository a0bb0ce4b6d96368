"""QuizBatch, the quizzes and their full ground truth that all stages read, and its generator.

A quiz set is interleaved and endless: quiz i has task tasks[i % len(tasks)], and its random numbers depend on
(seed, task, i) alone. So any part of a set can be generated separately, at any size, on any device.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from culture_core.errors import CultureError
from culture_core.world.noise import add_prompt_noise
from culture_core.world.randomness import Draws, quiz_keys
from culture_core.world.structures import (
    MIXTURES,
    canonical_grids,
    lay_out,
    structure_index,
    structure_of,
)
from culture_core.world.structures import is_trivial as tokens_are_trivial
from culture_core.world.tasks import TASK_FUNCTIONS
from culture_core.world.tasks.choice import check_tasks
from culture_core.world.vocabulary import (
    BLOCK_LENGTH,
    CULTURE,
    LABELS,
    QUIZ_LENGTH,
    SOURCES,
    STRUCTURE_NAMES,
    TASKS,
    WORLD_TASKS,
)

MAX_ROLES = 4
MAX_COLOURS = 6
NO_RECTANGLE = -1
NO_COLOUR = 0
NO_PARAM = -128
PARAM_NAMES = (
    "direction",
    "polarity",
    "di",
    "dj",
    "anchor_i",
    "anchor_j",
    "target_A",
    "target_B",
    "quarter_turns",
    "mirrored",
)
DEFAULT_STRUCTURE = STRUCTURE_NAMES[0]

_STRUCTURE_STREAM = 1_000
_NOISE_STREAM = 1_001
_CHUNK_ON_CPU = 16_384
_CHUNK_ON_ACCELERATOR = 131_072


@dataclass(frozen=True)
class QuizBatch:
    """n quizzes and what is known about them; every tensor is on one device.

    tokens: (n, 404) uint8, with prompt noise; clean: (n, 404) uint8, without.
    noise: (n, 404) bool, the cells drawn for noise, whose new colour may be the old one.
    task, structure, source: (n,) uint8 index into LABELS, STRUCTURES, SOURCES.
    index: (n,) int64, the number of the quiz in its set.
    rectangles: (n, 2 pairs, 4 roles, 4) int8 i1, i2, j1, j2, half open, -1 where absent.
    colours: (n, 2 pairs, 6 roles) uint8, 0 where absent.
    params: (n,) int8 for each of PARAM_NAMES, -128 where the task has no such parameter.
    Pair 0 is (A, f_A), pair 1 is (B, f_B); roles by task: docs/reference/world.md, "World tasks", "Unseen
    tasks".
    """

    tokens: Tensor
    clean: Tensor
    noise: Tensor
    task: Tensor
    structure: Tensor
    source: Tensor
    index: Tensor
    rectangles: Tensor
    colours: Tensor
    params: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, selection: slice | Tensor) -> "QuizBatch":
        """The quizzes of a slice (as views), an index tensor or a bool mask."""
        return self._each(lambda tensor: tensor[selection])

    def to(self, device: torch.device | str) -> "QuizBatch":
        return self._each(lambda tensor: tensor.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "QuizBatch":
        tensors = {f.name: change(getattr(self, f.name)) for f in fields(self) if f.name != "params"}
        return QuizBatch(params={name: change(value) for name, value in self.params.items()}, **tensors)

    @property
    def device(self) -> torch.device:
        return self.tokens.device

    def task_names(self) -> list[str]:
        return [LABELS[task] for task in self.task.tolist()]

    def structure_names(self) -> list[str]:
        return [STRUCTURE_NAMES[structure] for structure in self.structure.tolist()]

    def source_names(self) -> list[str]:
        return [SOURCES[source] for source in self.source.tolist()]

    def is_trivial(self) -> Tensor:
        """Whether f leaves A or B as it is, before noise: (n,) bool."""
        return tokens_are_trivial(self.clean)

    def canonical(self) -> Tensor:
        """The grids, noise included, in the order A, f_A, B, f_B whatever the structure: (n, 4, 100)."""
        return canonical_grids(self.tokens, self.structure)

    def canonical_clean(self) -> Tensor:
        """The grids before noise in the order A, f_A, B, f_B: (n, 4, 100) uint8."""
        return canonical_grids(self.clean, self.structure)

    def reconfigured(self, structure: str) -> "QuizBatch":
        """The same quizzes in another structure; noise stays on the grid it was drawn for."""
        target = torch.full_like(self.structure, structure_index(structure))

        def permute(values: Tensor) -> Tensor:
            return lay_out(canonical_grids(values, self.structure), target)

        noise = permute(self.noise.to(torch.uint8))
        noise[:, ::BLOCK_LENGTH] = 0
        return replace(
            self,
            tokens=permute(self.tokens),
            clean=permute(self.clean),
            noise=noise.bool(),
            structure=target,
        )


def concatenate(batches: Sequence[QuizBatch]) -> QuizBatch:
    """One batch of all the quizzes, in order."""
    tensors = {
        f.name: torch.cat([getattr(batch, f.name) for batch in batches])
        for f in fields(QuizBatch)
        if f.name != "params"
    }
    params = {name: torch.cat([batch.params[name] for batch in batches]) for name in PARAM_NAMES}
    return QuizBatch(params=params, **tensors)


def empty_batch(n: int, device: torch.device | str = "cpu") -> QuizBatch:
    """Room for n quizzes about which nothing is known: no rectangles, colours or parameters; tokens unset."""

    def filled(value: int, *shape: int, dtype: torch.dtype) -> Tensor:
        return torch.full((n, *shape), value, dtype=dtype, device=device)

    return QuizBatch(
        tokens=torch.empty((n, QUIZ_LENGTH), dtype=torch.uint8, device=device),
        clean=torch.empty((n, QUIZ_LENGTH), dtype=torch.uint8, device=device),
        noise=filled(False, QUIZ_LENGTH, dtype=torch.bool),
        task=filled(0, dtype=torch.uint8),
        structure=filled(0, dtype=torch.uint8),
        source=filled(0, dtype=torch.uint8),
        index=torch.arange(n, device=device),
        rectangles=filled(NO_RECTANGLE, 2, MAX_ROLES, 4, dtype=torch.int8),
        colours=filled(NO_COLOUR, 2, MAX_COLOURS, dtype=torch.uint8),
        params={name: filled(NO_PARAM, dtype=torch.int8) for name in PARAM_NAMES},
    )


def batch_from_tokens(tokens: Tensor, task: str = CULTURE, source: str = "culture") -> QuizBatch:
    """Quizzes of which only the tokens are known, such as those the GPTs invented.

    tokens: (n, 404) any int dtype. Structures are read from the markers; there are no noise cells, no
    rectangles, colours or parameters.
    Errors: CultureError when the tokens are not quizzes.
    """
    if tokens.is_floating_point():
        raise CultureError("tokens are whole numbers, not floats")
    structure = structure_of(tokens)
    tokens = tokens.to(torch.uint8)
    batch = empty_batch(len(tokens), tokens.device)
    batch.task.fill_(LABELS.index(task))
    batch.source.fill_(SOURCES.index(source))
    return replace(batch, tokens=tokens, clean=tokens.clone(), structure=structure)


def generate_quizzes(
    tasks: Sequence[str],
    n_per_task: int,
    seed: int,
    *,
    structure: str = DEFAULT_STRUCTURE,
    noise: float = 0.0,
    start: int = 0,
    device: torch.device | str = "cpu",
) -> QuizBatch:
    """Quizzes number start * T to (start + n_per_task) * T of a quiz set of T tasks, interleaved by task.

    structure: a name in STRUCTURE_NAMES, "mixed" (all five, uniformly) or "answerable" (the four that predict
    one grid, uniformly).
    noise: the probability that a cell of the noisy grid takes a random colour.
    Errors: CultureError for an unknown task or structure, and a count or a noise out of range.
    """
    return generate_stream(
        tasks,
        start * len(tasks),
        n_per_task * len(tasks),
        seed,
        structure=structure,
        noise=noise,
        device=device,
    )


def generate_stream(
    tasks: Sequence[str],
    first: int,
    count: int,
    seed: int,
    *,
    structure: str = "mixed",
    noise: float = 0.05,
    device: torch.device | str = "cpu",
) -> QuizBatch:
    """Quizzes number first to first + count of the same set; the noise and structures of training by default.

    Settings and errors: as generate_quizzes.
    """
    check_tasks(tasks)
    if first < 0 or count < 0:
        raise CultureError("the number of quizzes and the first one must not be negative")
    if not 0 <= noise <= 1:
        raise CultureError(f"noise is a probability between 0 and 1, not {noise}")
    if structure not in MIXTURES:
        structure_index(structure)
    batch = empty_batch(count, device)
    batch.index.add_(first)
    chunk = _CHUNK_ON_CPU if batch.device.type == "cpu" else _CHUNK_ON_ACCELERATOR
    for low in range(0, count, chunk):
        _fill(batch[low : low + chunk], tasks, seed, structure, noise)
    return batch


def _fill(batch: QuizBatch, tasks: Sequence[str], seed: int, structure: str, noise: float) -> None:
    """Write the quizzes whose numbers are batch.index."""
    batch.structure.copy_(_draw_structures(batch.index, seed, structure))
    first = int(batch.index[0])
    for t, task in enumerate(tasks):
        _fill_task(batch[(t - first) % len(tasks) :: len(tasks)], task, seed)
    if noise == 0:
        batch.tokens.copy_(batch.clean)
        return
    draws = Draws(quiz_keys(seed, _NOISE_STREAM, batch.index))
    tokens, cells = add_prompt_noise(batch.clean, batch.structure, draws, noise)
    batch.tokens.copy_(tokens)
    batch.noise.copy_(cells)


def _fill_task(batch: QuizBatch, task: str, seed: int) -> None:
    """Write quizzes of one task, laid out in the structures that batch.structure says."""
    quizzes = TASK_FUNCTIONS[task](Draws(quiz_keys(seed, TASKS.index(task), batch.index)))
    batch.clean.copy_(lay_out(quizzes.grids, batch.structure))
    batch.task.fill_(LABELS.index(task))
    batch.source.fill_(SOURCES.index("world" if task in WORLD_TASKS else "unseen"))
    batch.rectangles[:, :, : quizzes.rectangles.shape[2]] = quizzes.rectangles.to(torch.int8)
    batch.colours[:, :, : quizzes.colours.shape[2]] = quizzes.colours
    for name, values in quizzes.params.items():
        batch.params[name].copy_(values)


def _draw_structures(index: Tensor, seed: int, structure: str) -> Tensor:
    """Structure of each quiz: (n,) uint8 index into STRUCTURES."""
    if structure not in MIXTURES:
        return torch.full_like(index, structure_index(structure), dtype=torch.uint8)
    choices = torch.tensor(MIXTURES[structure], dtype=torch.uint8, device=index.device)
    return choices[Draws(quiz_keys(seed, _STRUCTURE_STREAM, index)).integers(len(choices))]
