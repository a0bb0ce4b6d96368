"""Accuracy of the GPTs by task and by structure, with 95% intervals."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from culture_core.evaluation.scoring import QuizScores, logits_function, score_quizzes
from culture_core.intervals import design_effect, mean_interval, wilson_interval
from culture_core.models.mygpt import MyGPT
from culture_core.world.noise import add_prompt_noise
from culture_core.world.quizzes import QuizBatch, batch_from_tokens, concatenate, generate_stream
from culture_core.world.randomness import Draws, quiz_keys
from culture_core.world.structures import ANSWERABLE, reconfigure
from culture_core.world.vocabulary import LABELS, STRUCTURE_NAMES, WORLD_TASKS

NOISE = 0.05
CONVERSION_QUIZZES = 8
_CULTURE_NOISE_STREAM = 5_000


def evaluation_quizzes(
    n: int, seed: int, tasks: Sequence[str] = WORLD_TASKS, *, noise: float = NOISE, device: str = "cpu"
) -> QuizBatch:
    """n quizzes to measure accuracy on: the tasks in turn, the four structures that ask for one grid, prompt
    noise."""
    return generate_stream(tasks, 0, n, seed, structure="answerable", noise=noise, device=device)


def culture_test_quizzes(tokens: Tensor, seed: int, *, noise: float = NOISE) -> QuizBatch:
    """Invented quizzes (m, 404) to measure accuracy on: each in the four structures that ask for one grid,
    with prompt noise; 4 m quizzes."""
    batches = [batch_from_tokens(reconfigure(tokens, STRUCTURE_NAMES[s])) for s in ANSWERABLE]
    batch = concatenate(batches)
    draws = Draws(quiz_keys(seed, _CULTURE_NOISE_STREAM, torch.arange(len(batch))))
    noisy, cells = add_prompt_noise(batch.clean, batch.structure, draws, noise)
    return replace(batch, tokens=noisy, noise=cells)


def summarise(scores: QuizScores, batch: QuizBatch) -> dict[str, Any]:
    """Loss, greedy and expected accuracy with 95% intervals: overall, by task and by structure.

    Intervals allow for quizzes that are one quiz in several structures, as those of `culture_test_quizzes`.
    """
    quiz = batch.task.cpu().long() << 40 | batch.index.cpu().long()
    record = _summary(scores, quiz, torch.ones(len(batch), dtype=torch.bool))
    record["by_task"] = _by_group(scores, quiz, batch.task, LABELS)
    record["by_structure"] = _by_group(scores, quiz, batch.structure, STRUCTURE_NAMES)
    return record


def _by_group(
    scores: QuizScores, quiz: Tensor, group: Tensor, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    codes = group.cpu()
    return {names[code]: _summary(scores, quiz, codes == code) for code in codes.unique().tolist()}


def _summary(scores: QuizScores, quiz: Tensor, chosen: Tensor) -> dict[str, Any]:
    """quiz: (n,) alike for the same quiz in another structure; chosen: (n,) which ones count."""
    n = int(chosen.sum())
    correct = scores.correct.cpu()[chosen]
    hits = int(correct.sum())
    probability = scores.probability.cpu()[chosen].double()
    expected = float(probability.mean())
    variance = float(probability.var()) if n > 1 else 0.0
    of_hits, of_expected = (design_effect(values, quiz[chosen]) for values in (correct, probability))
    return {
        "quizzes": n,
        "loss": round(float(scores.loss.cpu()[chosen].double().mean()), 6),
        "greedy_accuracy": round(hits / n, 6),
        "greedy_interval": _rounded(wilson_interval(hits / of_hits, n / of_hits)),
        "expected_accuracy": round(expected, 6),
        "expected_interval": _rounded(mean_interval(expected, variance, n / of_expected)),
    }


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(value, 4) for value in interval]


@torch.inference_mode()
def conversion_error(model: MyGPT, tokens: Tensor) -> float:
    """Largest difference of a logit between a MyGPT and its TransformerLens conversion, on tokens (n,
    404)."""
    from culture_core.models.hooked_kinds import to_installed_kind

    hooked = logits_function(to_installed_kind(model))
    return float((model(tokens) - hooked(tokens)).abs().max())


def evaluate_model(model: MyGPT, batch: QuizBatch, *, progress: str | None = None) -> dict[str, Any]:
    """Everything `culture evaluate` reports of one GPT on a batch of quizzes."""
    scores = score_quizzes(model, batch.tokens, progress=progress)
    record = summarise(scores, batch)
    record["conversion_max_error"] = conversion_error(model, batch.tokens[:CONVERSION_QUIZZES])
    return record


def run_tests(
    model: torch.nn.Module, quizzes: QuizBatch | None = None, *, n: int = 2000, seed: int = 0
) -> dict[str, Any]:
    """Test one model of either kind, as the study's function of this name did: loss and accuracy, by task and
    structure.

    quizzes: what to test on (default: `evaluation_quizzes(n, seed)`).
    """
    batch = evaluation_quizzes(n, seed) if quizzes is None else quizzes
    return summarise(score_quizzes(logits_function(model), batch.tokens, progress="testing"), batch)
