"""How good an SAE is, on held-out quizzes, each figure beside its baseline. Formulas: docs/facts.md,
"SAEs"."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from culture_core.evaluation.accuracy import evaluation_quizzes, summarise
from culture_core.evaluation.scoring import logits_function, score_quizzes
from culture_core.models.mygpt import shift_right
from culture_core.saes.hooks import activations_at
from culture_core.world.quizzes import QuizBatch, generate_stream
from culture_core.world.vocabulary import QUIZ_LENGTH, WORLD_TASKS

BATCH = 32


@dataclass
class _Sums:
    """Running sums over tokens that the figures are made of."""

    tokens: int = 0
    fires: Tensor | None = None
    squared_error: float = 0.0
    cosine: float = 0.0
    total: Tensor | None = None
    squares: float = 0.0

    def add(self, x: Tensor, reconstruction: Tensor, features: Tensor) -> None:
        x64 = x.double()
        fires = (features > 0).sum(0)
        self.fires = fires if self.fires is None else self.fires + fires
        self.total = x64.sum(0) if self.total is None else self.total + x64.sum(0)
        self.squares += float(x64.square().sum())
        self.squared_error += float((x64 - reconstruction).square().sum())
        self.cosine += float(F.cosine_similarity(x, reconstruction, dim=-1).double().sum())
        self.tokens += len(x)

    def figures(self) -> dict[str, float]:
        assert self.fires is not None
        assert self.total is not None
        variance = self.squares - float(self.total.square().sum()) / self.tokens
        return {
            "tokens": self.tokens,
            "l0": float(self.fires.sum()) / self.tokens,
            "explained_variance": 1 - self.squared_error / variance,
            "cosine": self.cosine / self.tokens,
            "dead_share": float((self.fires == 0).double().mean()),
        }


@torch.inference_mode()
def reconstruction_figures(
    model: Any, sae: Any, hook: str, tokens: Tensor, *, progress: str | None = None
) -> dict[str, float]:
    """L0, explained variance (1 - FVU), mean cosine and the share of features that never fire, over all
    tokens (n, 404)."""
    sums = _Sums()
    for start in tqdm(range(0, len(tokens), BATCH), desc=progress, leave=False, disable=progress is None):
        x = activations_at(model, hook, tokens[start : start + BATCH]).flatten(0, 1)
        features = sae.encode(x)
        sums.add(x, sae.decode(features), features)
    return sums.figures()


def spliced(model: Any, hook: str, replace: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The model as a function of tokens (n, 404) -> logits, with the activations at `hook` replaced; the
    model is left as it was."""

    def logits_of(tokens: Tensor) -> Tensor:
        def replace_hook(activations: Tensor, hook: Any) -> Tensor:  # noqa: ARG001 - TransformerLens passes it by name
            return replace(activations)

        return model.run_with_hooks(shift_right(tokens.long()), fwd_hooks=[(hook, replace_hook)])

    return logits_of


@torch.inference_mode()
def splicing_figures(
    model: Any, sae: Any, hook: str, batch: QuizBatch, *, progress: str | None = None
) -> dict[str, Any]:
    """Last-grid loss and quiz accuracy with the SAE spliced in, beside the untouched model and the hook set
    to zero.

    loss_recovered = (L_zero - L_sae) / (L_zero - L_orig).
    """
    runs = {
        "original": logits_function(model),
        "spliced": spliced(model, hook, sae),
        "zero": spliced(model, hook, torch.zeros_like),
    }
    reports = {
        name: summarise(
            score_quizzes(run, batch.tokens, batch_size=BATCH, progress=progress and f"{progress}, {name}"),
            batch,
        )
        for name, run in runs.items()
    }
    loss = {name: report["loss"] for name, report in reports.items()}
    return {
        "quizzes": len(batch),
        "loss": loss,
        "loss_recovered": (loss["zero"] - loss["spliced"]) / (loss["zero"] - loss["original"]),
        "accuracy": reports["original"]["greedy_accuracy"],
        "accuracy_spliced": reports["spliced"]["greedy_accuracy"],
        "by_task": {
            task: {
                "accuracy": row["greedy_accuracy"],
                "accuracy_spliced": reports["spliced"]["by_task"][task]["greedy_accuracy"],
            }
            for task, row in reports["original"]["by_task"].items()
        },
    }


def sae_figures(
    model: Any,
    sae: Any,
    hook: str,
    *,
    seed: int,
    held_out_tokens: int,
    n_quizzes: int,
    device: str = "cpu",
) -> dict[str, Any]:
    """All figures of one SAE: reconstruction on held-out quizzes as in training, splicing on quizzes as in
    `culture evaluate`; seed: of both quiz sets."""
    held_out = generate_stream(
        WORLD_TASKS, 0, math.ceil(held_out_tokens / QUIZ_LENGTH), seed, structure="mixed", device=device
    )
    answerable = evaluation_quizzes(n_quizzes, seed, device=device)
    return {
        **reconstruction_figures(model, sae, hook, held_out.tokens),
        **splicing_figures(model, sae, hook, answerable),
    }
