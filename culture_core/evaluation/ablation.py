"""What each attention layer, head and MLP is needed for: loss and accuracy with it ablated.

Zero-ablation takes away what a part adds to the residual stream; mean-ablation puts in its place its mean
over quizzes at each position, which keeps what it adds to every quiz alike. Source: docs/facts.md,
"Ablation".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from culture_core.evaluation.accuracy import summarise
from culture_core.evaluation.scoring import BATCH_SIZE, LogitsFunction, score_quizzes
from culture_core.models.mygpt import Edit, MyGPT, MyGPTConfig, shift_right
from culture_core.world.quizzes import QuizBatch

KINDS = ("zero", "mean")


@dataclass(frozen=True)
class Part:
    """A part of a MyGPT: an attention layer, one of its heads, or an MLP."""

    hook: str
    head: int | None = None

    @property
    def name(self) -> str:
        """As in "attention 0", "head 0.1" (block, head), "mlp 3"."""
        block = self.hook.split(".")[1]
        if self.head is not None:
            return f"head {block}.{self.head}"
        return f"{'mlp' if self.hook.endswith('mlp_out') else 'attention'} {block}"


def all_parts(config: MyGPTConfig) -> list[Part]:
    """Every attention layer, head and MLP, block by block."""
    return [
        part
        for block in range(config.n_blocks)
        for part in (
            Part(f"blocks.{block}.hook_attn_out"),
            *(Part(f"blocks.{block}.attn.hook_z", head) for head in range(config.n_heads)),
            Part(f"blocks.{block}.hook_mlp_out"),
        )
    ]


def edited(model: MyGPT, edit: Edit) -> LogitsFunction:
    """The model as a function tokens (n, 404) -> logits, with an intervention; the model is unchanged."""
    return lambda tokens: model.read(shift_right(tokens), edit=edit)


@torch.inference_mode()
def mean_values(model: MyGPT, tokens: Tensor, *, batch_size: int = BATCH_SIZE) -> dict[str, Tensor]:
    """The mean over quizzes, at each position, of the value at every hook point: (404, ...) by name."""
    sums: dict[str, Tensor] = {}

    def add(hook: str, value: Tensor) -> Tensor:
        sums[hook] = sums.get(hook, 0) + value.double().sum(0)
        return value

    for batch in tokens.split(batch_size):
        model.read(shift_right(batch), edit=add)
    return {hook: (total / len(tokens)).to(torch.float32) for hook, total in sums.items()}


def ablation(part: Part, means: dict[str, Tensor] | None = None) -> Edit:
    """The intervention that ablates one part: to zero, or to `means` (see `mean_values`)."""

    def replace(hook: str, value: Tensor) -> Tensor:
        if hook != part.hook:
            return value
        instead = torch.zeros_like(value) if means is None else means[hook].to(value).expand_as(value)
        if part.head is None:
            return instead
        value = value.clone()
        value[:, :, part.head] = instead[:, :, part.head]
        return value

    return replace


def ablation_table(
    model: MyGPT, batch: QuizBatch, *, kinds: tuple[str, ...] = KINDS, progress: str | None = None
) -> list[dict[str, Any]]:
    """A record for the intact model, then one for each part and kind of ablation.

    Each: part, kind, and what `summarise` reports, with loss_change and accuracy_change against the intact
    model. Means are taken over the same quizzes.
    """
    means = mean_values(model, batch.tokens) if "mean" in kinds else {}
    intact = summarise(score_quizzes(model, batch.tokens), batch)
    records = [{"part": "none", "kind": "none", **intact}]
    work = [(part, kind) for part in all_parts(model.config) for kind in kinds]
    for part, kind in _with_progress(work, progress):
        run = edited(model, ablation(part, means if kind == "mean" else None))
        records.append(
            {"part": part.name, "kind": kind, **summarise(score_quizzes(run, batch.tokens), batch)}
        )
    for record in records:
        record["loss_change"] = record["loss"] - intact["loss"]
        record["accuracy_change"] = record["greedy_accuracy"] - intact["greedy_accuracy"]
    return records


def _with_progress(work: list[tuple[Part, str]], label: str | None) -> Iterator[tuple[Part, str]]:
    yield from tqdm(work, desc=label, unit="ablation", disable=label is None, leave=False)
