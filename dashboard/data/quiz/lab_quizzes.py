"""Quizzes that the Lab starts from and measures on."""

import torch
from torch import Tensor

from culture_core.evaluation.accuracy import evaluation_quizzes
from culture_core.world.quizzes import QuizBatch, generate_stream
from culture_core.world.vocabulary import BLOCK_LENGTH, TASKS

LARGEST_SEED = 999_999


def start_quiz(task: str, structure: str, seed: int) -> QuizBatch:
    """The quiz of a task, structure and seed, without noise: a batch of one."""
    assert task in TASKS
    return generate_stream((task,), 0, 1, seed, structure=structure, noise=0.0)


def measured_quizzes(task: str, n: int, seed: int) -> Tensor:
    """n quizzes (n, 404) of one task to measure accuracy on, as `culture evaluate` draws them."""
    return evaluation_quizzes(n, seed, (task,)).tokens


def empty_cells(tokens: Tensor) -> Tensor:
    """The quiz with every cell background, its markers kept."""
    markers = torch.zeros_like(tokens)
    markers[::BLOCK_LENGTH] = tokens[::BLOCK_LENGTH]
    return markers
