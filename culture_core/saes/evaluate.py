"""Metrics of an SAE on held-out quizzes, with their baselines. Formulas:
docs/reference/facts.md, "SAEs"."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from culture_core.evaluation.accuracy import evaluation_quizzes, summarise
from culture_core.evaluation.scoring import QuizScores, join_scores, logits_function, score_last_grid
from culture_core.intervals import paired_interval
from culture_core.models.mygpt import MyGPT, shift_right
from culture_core.models.protocols import GPT
from culture_core.models.steering import Replacement, halfway, steered
from culture_core.saes.hooks import activations_at
from culture_core.saes.kept import KEPT, l0_of_strongest, reconstruct_from_strongest
from culture_core.saes.protocols import SplicedSAE
from culture_core.world.quizzes import QuizBatch, generate_stream
from culture_core.world.vocabulary import LAST_GRID, N_COLOURS, QUIZ_LENGTH, WORLD_TASKS

BATCH = 8
KINDS = ("background", "coloured", "marker")
MOSTLY = 0.9
BY_POSITION = 0.5
DENSITY_EDGES = [-6.0 + step / 2 for step in range(13)]


def sae_figures(
    model: GPT,
    sae: SplicedSAE,
    hook: str,
    *,
    seed: int,
    held_out_tokens: int,
    n_quizzes: int,
    device: str = "cpu",
) -> dict[str, Any]:
    """All figures of one SAE: reconstruction on held-out quizzes as in training, splicing on quizzes as in
    `culture evaluate`.

    model: MyGPT (faster) or HookedTransformer. seed: of both quiz sets.
    """
    n_held_out = math.ceil(held_out_tokens / QUIZ_LENGTH)
    held_out = generate_stream(WORLD_TASKS, 0, n_held_out, seed, structure="mixed", device=device)
    answerable = evaluation_quizzes(n_quizzes, seed, device=device)
    sums = reconstruction_sums(model, sae, hook, held_out.tokens)
    reconstruction = sums.figures()
    kept = [n for n in KEPT if n < reconstruction["l0"]]
    splicing = splicing_figures(model, sae, hook, answerable, sums.mean(), kept=kept)
    for point in splicing["kept"]:
        point["l0"] = l0_of_strongest(sums.per_token, point["strongest"])
    return {**reconstruction, **splicing}


@dataclass
class ReconstructionSums:
    """Running sums over tokens that the figures are made of.

    fires: (kinds, f) firings by the kind of the token just read. fires_at: (404, f) by position.
    per_token: (f + 1,) tokens by how many features fire. total: (d_in,) sum of activations.
    """

    fires: Tensor
    fires_at: Tensor
    per_token: Tensor
    tokens_of_kind: Tensor
    total: Tensor
    squares: float = 0.0
    squared_error: float = 0.0
    cosine: float = 0.0

    def add(self, x: Tensor, reconstruction: Tensor, features: Tensor, kind: Tensor) -> None:
        """x, reconstruction: (n, 404, d_in). features: (n, 404, f). kind: (n, 404) index into KINDS."""
        quiz, position, feature = features.nonzero(as_tuple=True)
        _count(self.fires, kind[quiz, position], feature)
        _count(self.fires_at, position, feature)
        self.per_token += (features > 0).sum(-1).flatten().bincount(minlength=len(self.per_token))
        self.tokens_of_kind += kind.flatten().bincount(minlength=len(KINDS))
        x64 = x.double()
        self.total += x64.sum((0, 1))
        self.squares += float(x64.square().sum())
        self.squared_error += float((x64 - reconstruction).square().sum())
        self.cosine += float(F.cosine_similarity(x, reconstruction, dim=-1).double().sum())

    def mean(self) -> Tensor:
        """(d_in,) float32, the mean activation."""
        return (self.total / self.tokens_of_kind.sum()).float()

    def figures(self) -> dict[str, Any]:
        n = int(self.tokens_of_kind.sum())
        variance = self.squares - float(self.total.square().sum()) / n
        fires = self.fires.sum(0)
        return {
            "tokens": n,
            "l0": float(fires.sum()) / n,
            "explained_variance": 1 - self.squared_error / variance,
            "cosine": self.cosine / n,
            "dead_share": float((fires == 0).double().mean()),
            "density": _density_histogram(fires / n),
            "kinds": self._kinds(),
            "position_features": float(self._set_by_position().double().mean()),
        }

    def _kinds(self) -> dict[str, dict[str, float]]:
        """By kind of token: its share of the tokens, of all firing, and of the features that are live and
        fire on it nearly alone."""
        fires = self.fires.sum(0)
        live = fires > 0
        by_kind = zip(KINDS, self.fires.double(), self.tokens_of_kind.double(), strict=True)
        return {
            name: {
                "tokens": float(tokens / self.tokens_of_kind.sum()),
                "firing": float(own.sum() / fires.sum()),
                "features": float((own[live] >= MOSTLY * fires[live]).double().mean()),
            }
            for name, own, tokens in by_kind
        }

    def _set_by_position(self) -> Tensor:
        """Of each live feature: whether the position alone explains half of the variance of its firing."""
        n_quizzes = self.tokens_of_kind.sum() / QUIZ_LENGTH
        live = self.fires.sum(0) > 0
        rate_at = self.fires_at[:, live].double() / n_quizzes
        rate = rate_at.mean(0)
        explained = (rate_at - rate).square().mean(0)
        return explained >= BY_POSITION * rate * (1 - rate)


def _count(counts: Tensor, row: Tensor, column: Tensor) -> None:
    counts += (row * counts.shape[1] + column).bincount(minlength=counts.numel()).view_as(counts)


def _density_histogram(density: Tensor) -> dict[str, Any]:
    """Features by the log10 of the share of tokens they fire on; dead ones are left out."""
    logs = density[density > 0].log10().clamp(DENSITY_EDGES[0], DENSITY_EDGES[-1])
    counts = torch.histogram(logs.double().cpu(), torch.tensor(DENSITY_EDGES, dtype=torch.float64)).hist
    return {"log10_edges": DENSITY_EDGES, "features": counts.long().tolist()}


@torch.inference_mode()
def reconstruction_sums(model: GPT, sae: SplicedSAE, hook: str, tokens: Tensor) -> ReconstructionSums:
    """One pass over quizzes (n, 404): L0, explained variance (1 - FVU), mean cosine, features that never
    fire, and where the others do."""
    d_sae, d_in = sae.W_dec.shape
    sums = ReconstructionSums(
        fires=tokens.new_zeros(len(KINDS), d_sae, dtype=torch.long),
        fires_at=tokens.new_zeros(QUIZ_LENGTH, d_sae, dtype=torch.long),
        per_token=tokens.new_zeros(d_sae + 1, dtype=torch.long),
        tokens_of_kind=tokens.new_zeros(len(KINDS), dtype=torch.long),
        total=tokens.new_zeros(d_in, dtype=torch.float64),
    )
    for batch in tokens.split(BATCH):
        x = activations_at(model, hook, batch)
        features = sae.encode(x)
        sums.add(x, sae.decode(features), features, token_kinds(batch))
    return sums


def token_kinds(tokens: Tensor) -> Tensor:
    """Index into KINDS of the token just read at every position of quizzes (n, 404); the 0 in front of a quiz
    counts as background."""
    read = shift_right(tokens.long())
    return torch.where(read == 0, 0, torch.where(read < N_COLOURS, 1, 2))


@torch.inference_mode()
def splicing_figures(
    model: GPT, sae: SplicedSAE, hook: str, batch: QuizBatch, mean: Tensor, *, kept: Sequence[int] = ()
) -> dict[str, Any]:
    """Last-grid loss and quiz accuracy with the SAE spliced in, of the unmodified model, with the hook set to
    zero, and the hook set to `mean` (d_in,) everywhere.

    loss_recovered = (L_zero - L_sae) / (L_zero - L_orig). accuracy_change: spliced less original, with its
    95% interval. kept: how many of the strongest features of each token to splice in alone, and in the result
    loss and accuracy with each.
    """
    replacements: dict[str, Replacement | None] = {
        "original": None,
        "spliced": sae,
        "zero": torch.zeros_like,
        "mean": lambda x: mean.expand_as(x),
    }
    fewer = {n: f"strongest_{n}" for n in kept}
    replacements |= {name: partial(reconstruct_from_strongest, sae, n) for n, name in fewer.items()}
    logits_of = _logits_with_each(model, hook, replacements)
    scores: dict[str, list[QuizScores]] = {name: [] for name in replacements}
    for tokens in batch.tokens.split(BATCH):
        for name, logits in logits_of(tokens).items():
            scores[name].append(score_last_grid(logits[:, LAST_GRID], tokens[:, LAST_GRID]))
    joined = {name: join_scores(parts) for name, parts in scores.items()}
    points = {n: summarise(joined.pop(name), batch) for n, name in fewer.items()}
    reports = {name: summarise(one, batch) for name, one in joined.items()}
    loss = {name: report["loss"] for name, report in reports.items()}
    change = joined["spliced"].correct.int() - joined["original"].correct.int()
    return {
        "quizzes": len(batch),
        "loss": loss,
        "loss_recovered": (loss["zero"] - loss["spliced"]) / (loss["zero"] - loss["original"]),
        **_accuracies(reports),
        "accuracy_change": float(change.double().mean()),
        "accuracy_change_interval": paired_interval(
            int((change > 0).sum()), int((change < 0).sum()), len(change)
        ),
        "kept": [
            {"strongest": n, "loss": report["loss"], "accuracy": report["greedy_accuracy"]}
            for n, report in points.items()
        ],
        "by_task": {
            task: _accuracies({name: report["by_task"][task] for name, report in reports.items()})
            for task in reports["original"]["by_task"]
        },
    }


def _accuracies(reports: dict[str, dict[str, Any]]) -> dict[str, float]:
    """accuracy of the untouched model, and accuracy_NAME of the others."""
    return {
        "accuracy" if name == "original" else f"accuracy_{name}": report["greedy_accuracy"]
        for name, report in reports.items()
    }


def _logits_with_each(
    model: GPT, hook: str, replacements: dict[str, Replacement | None]
) -> Callable[[Tensor], dict[str, Tensor]]:
    """A function of tokens (n, 404) that gives the logits with each replacement at the hook; a MyGPT runs to
    the hook once for all."""
    if isinstance(model, MyGPT):

        def finish_each(tokens: Tensor) -> dict[str, Tensor]:
            read = halfway(model, hook, tokens)
            return {name: read.logits(replace) for name, replace in replacements.items()}

        return finish_each
    runs = {
        name: logits_function(model) if replace is None else steered(model, hook, replace)
        for name, replace in replacements.items()
    }
    return lambda tokens: {name: run(tokens) for name, run in runs.items()}
