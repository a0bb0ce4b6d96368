"""The accuracy of GPTs in training on held-out quizzes of their own, from one forward pass."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from culture_core.evaluation.accuracy import evaluation_quizzes, summarise
from culture_core.evaluation.scoring import join_scores, score_last_grid
from culture_core.models.mygpt import MyGPTConfig
from culture_core.training.stacked.learner import attention_by
from culture_core.training.stacked.model import Route, StackedModel
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import LAST_GRID

CHECK_SEED = 7_000_003
QUIZZES_AT_ONCE = 128


class Check:
    """The same n quizzes for every GPT and every check: answerable structures, noise 0.05, tasks in turn."""

    def __init__(self, tasks: Sequence[str], n: int, device: torch.device) -> None:
        self.quizzes: QuizBatch = evaluation_quizzes(n, CHECK_SEED, tasks, device=str(device))

    def __call__(
        self, weights: Mapping[str, Tensor], config: MyGPTConfig, route: Route
    ) -> list[dict[str, Any]]:
        """For each GPT what `culture evaluate` reports: loss and accuracy, by task and by structure."""
        with torch.no_grad(), attention_by(route):
            by_model = self._scores(weights, StackedModel(config, route, self.quizzes.device))
        return [summarise(scores, self.quizzes) for scores in by_model]

    def _scores(self, weights: Mapping[str, Tensor], model: StackedModel) -> list[Any]:
        n_models, n_tokens = len(weights["readout.bias"]), model.config.n_tokens
        parts: list[list[Any]] = [[] for _ in range(n_models)]
        for tokens in self.quizzes.tokens.split(QUIZZES_AT_ONCE):
            logits = model.logits(weights, tokens.expand(n_models, -1, -1))[
                :, :, LAST_GRID, :n_tokens
            ].float()
            for k in range(n_models):
                parts[k].append(score_last_grid(logits[k], tokens[:, LAST_GRID]))
        return [join_scores(scores) for scores in parts]


def mean_accuracy(reports: Sequence[Mapping[str, Any]]) -> float:
    """Greedy accuracy, mean over GPTs."""
    return sum(report["greedy_accuracy"] for report in reports) / len(reports)
