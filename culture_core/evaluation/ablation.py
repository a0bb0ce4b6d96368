"""What each attention layer, head and MLP contributes: loss and accuracy with it ablated.

Zero-ablation takes away what a part adds to the residual stream; mean-ablation puts in its place its mean
over quizzes at each position, which keeps what it adds to every quiz alike. Source: docs/reference/facts.md,
"Ablation".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from culture_core.evaluation.accuracy import summarise
from culture_core.evaluation.scoring import (
    BATCH_SIZE,
    LogitsFunction,
    QuizScores,
    join_scores,
    score_last_grid,
)
from culture_core.models.mygpt import Edit, MyGPT, MyGPTConfig, shift_right
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import LAST_GRID

KINDS = ("zero", "mean")


@dataclass(frozen=True)
class Part:
    """A part of a MyGPT: an attention layer, one of its heads, or an MLP."""

    hook: str
    head: int | None = None

    @property
    def block(self) -> int:
        return int(self.hook.split(".")[1])

    @property
    def name(self) -> str:
        """As in "attention 0", "head 0.1" (block, head), "mlp 3"."""
        if self.head is not None:
            return f"head {self.block}.{self.head}"
        return f"{'mlp' if self.hook.endswith('mlp_out') else 'attention'} {self.block}"


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
    """The mean over quizzes, at each position, of the value at each part's hook point: (404, ...) by name."""
    hooks = {part.hook for part in all_parts(model.config)}
    sums: dict[str, Tensor] = {}

    def add(hook: str, value: Tensor) -> Tensor:
        if hook in hooks:
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
    model: MyGPT,
    batch: QuizBatch,
    *,
    kinds: tuple[str, ...] = KINDS,
    parts: Sequence[Part] | None = None,
    batch_size: int = BATCH_SIZE,
    progress: str | None = None,
) -> list[dict[str, Any]]:
    """A record for the intact model, then one for each part (default: all) and kind of ablation.

    Each: part, kind, and what `summarise` reports; beside every loss and greedy_accuracy, overall and in each
    group, loss_change and accuracy_change against the intact model. Means are taken over the same quizzes.
    """
    parts = all_parts(model.config) if parts is None else parts
    means = mean_values(model, batch.tokens, batch_size=batch_size) if "mean" in kinds else {}
    ablations = [
        (part, kind, ablation(part, means if kind == "mean" else None)) for part in parts for kind in kinds
    ]
    scores: list[list[QuizScores]] = [[] for _ in range(1 + len(ablations))]
    with tqdm(total=len(batch), desc=progress, unit="quiz", disable=progress is None, leave=False) as bar:
        for tokens in batch.tokens.split(batch_size):
            for column, one in zip(scores, _scores_of_batch(model, tokens, ablations), strict=True):
                column.append(one)
            bar.update(len(tokens))
    summaries = [summarise(join_scores(column), batch) for column in scores]
    names = [("none", "none"), *((part.name, kind) for part, kind, _ in ablations)]
    return [
        {"part": part, "kind": kind, **_with_changes(summary, summaries[0])}
        for (part, kind), summary in zip(names, summaries, strict=True)
    ]


@torch.inference_mode()
def _scores_of_batch(
    model: MyGPT, tokens: Tensor, ablations: Sequence[tuple[Part, str, Edit]]
) -> Iterator[QuizScores]:
    """Scores without and with each ablation; the blocks before the ablated part are run once for all."""
    streams = [model.embed(shift_right(tokens))]
    for block in model.blocks:
        streams.append(block(streams[-1]))
    truth = tokens[:, LAST_GRID]
    yield score_last_grid(model.readout(streams[-1])[:, LAST_GRID], truth)
    for part, _, edit in ablations:
        logits = model.finish(streams[part.block], part.block, edit=edit)
        yield score_last_grid(logits[:, LAST_GRID], truth)


def _with_changes(summary: dict[str, Any], intact: dict[str, Any]) -> dict[str, Any]:
    """A summary with its changes against the intact model's, in the groups too."""
    changed = {
        name: {key: _with_changes(value, intact[name][key]) for key, value in groups.items()}
        for name, groups in summary.items()
        if isinstance(groups, dict)
    }
    return {
        **summary,
        "loss_change": summary["loss"] - intact["loss"],
        "accuracy_change": summary["greedy_accuracy"] - intact["greedy_accuracy"],
        **changed,
    }
