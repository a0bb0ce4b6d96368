"""The top quizzes of every feature, kept while batches stream by."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class TopQuizzes:
    """For each of f features the k quizzes with the highest peak activation, one entry a quiz.

    peak (f, k) float32, 0 where fewer than k quizzes fired; quiz (f, k) int64, -1 there; position (f, k)
    int64, the first position of the peak. Ties go to the quiz that was seen first, so results do not depend
    on the batch size.
    """

    peak: Tensor
    quiz: Tensor
    position: Tensor

    @classmethod
    def empty(cls, n_features: int, k: int) -> "TopQuizzes":
        missing = torch.full((n_features, k), -1, dtype=torch.int64)
        return cls(torch.zeros(n_features, k), missing, missing.clone())

    def add(self, features_ntf: Tensor, first_quiz: int) -> None:
        """Add the activations (n, t, f) of quizzes number first_quiz .. first_quiz + n - 1."""
        peak_nf, position_nf = features_ntf.max(dim=1)
        quiz_n = torch.arange(first_quiz, first_quiz + len(peak_nf))
        quiz_fn = quiz_n.expand(peak_nf.shape[1], -1)
        fired_fn = (peak_nf > 0).T
        peak = torch.cat([self.peak, peak_nf.T], dim=1)
        quiz = torch.cat([self.quiz, torch.where(fired_fn, quiz_fn, -1)], dim=1)
        position = torch.cat([self.position, torch.where(fired_fn, position_nf.T, -1)], dim=1)
        k = self.peak.shape[1]
        order = peak.sort(dim=1, descending=True, stable=True).indices[:, :k]
        self.peak, self.quiz, self.position = (x.gather(1, order) for x in (peak, quiz, position))
