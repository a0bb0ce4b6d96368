"""The GPTs and their SAEs, shared and only read, and single quizzes read by them.

torch uses one thread: GPTs are run side by side instead (workers.py).
"""

import numpy as np
import torch

from culture_core.features.quiz_reading import QuizReading, read_quiz
from culture_core.models.mygpt import MyGPT
from culture_core.saes.protocols import Encoder
from dashboard.data.cached import changed, shared, written
from dashboard.data.population.populations import Population

torch.set_num_threads(1)


def sae_written(chosen: Population, hook: str, model_k: int) -> int | None:
    """What tells one GPT's SAE from another one trained in its place."""
    return written(chosen.folder.sae(hook, model_k))


def model(chosen: Population, model_k: int) -> MyGPT:
    """One GPT, on the CPU."""
    return chosen.gpt(model_k)


def sae(chosen: Population, hook: str, model_k: int) -> Encoder:
    """One GPT's SAE, on the CPU."""
    return chosen.sae(hook, model_k)


def has_sae(chosen: Population, hook: str, model_k: int) -> bool:
    """Whether one GPT has an SAE at a hook point ("": at none)."""
    return hook != "" and sae_written(chosen, hook, model_k) is not None


def versions(chosen: Population) -> tuple[str, ...]:
    """What the GPTs of a population are made of, so that nothing computed with them outlives them."""
    return tuple(model["sha256"] for model in chosen.manifest["models"])


def reading(chosen: Population, hook: str, model_k: int, tokens: np.ndarray) -> QuizReading:
    """One quiz (404,) read by one GPT and, where it has one, its SAE at a hook point; computed when first
    asked for."""
    return _reading(chosen, hook if has_sae(chosen, hook, model_k) else "", model_k, tokens.tobytes())


def _read_with(chosen: Population, hook: str, model_k: int, tokens: bytes) -> tuple[int | None, int | None]:  # noqa: ARG001
    return changed(chosen.folder.manifest), sae_written(chosen, hook, model_k) if hook else None


@shared(_read_with, at_most=320)
def _reading(chosen: Population, hook: str, model_k: int, tokens: bytes) -> QuizReading:
    encoder = sae(chosen, hook, model_k) if hook else None
    return read_quiz(model(chosen, model_k), np.frombuffer(tokens, dtype=np.uint8), encoder, hook)
