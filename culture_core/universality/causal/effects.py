"""Does a universal feature matter to every GPT in the same way? Matched features are ablated or scaled in
each GPT, with its SAE spliced in, and the change of last-grid loss and accuracy is kept by task.

Beside the matched groups stand control groups of like density: random features, and features that no GPT has
a mutual match for. Source: docs/reference/universality.md, "Causal check".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from culture_core.evaluation.scoring import QuizScores, join_scores, score_last_grid
from culture_core.features.interventions import directions
from culture_core.models.mygpt import MyGPT
from culture_core.models.steering import Halfway, halfway
from culture_core.saes.protocols import Encoder
from culture_core.world.quizzes import QuizBatch
from culture_core.world.vocabulary import LAST_GRID

MATCHED, RANDOM, UNMATCHED = "matched", "random", "unmatched"
SETS = (MATCHED, RANDOM, UNMATCHED)
BATCH = 40
NEIGHBOURS = 10
# changes of loss below this, in nats per cell, are rounding
LEAST_SIZE = 1e-7


@dataclass(frozen=True)
class Reading:
    """n quizzes read by one GPT up to the hook point, where its SAE is spliced in.

    halfway: the reading, to be finished from there. spliced: (n, 404, d_in) what the SAE reconstructs.
    activations: (c, n, 404) of the c features to be changed. directions: (c, d_in) what one unit of each
    adds. truth: (n, 100) the right last grids. intact: scores with the SAE spliced in and nothing changed.
    """

    halfway: Halfway
    spliced: Tensor
    activations: Tensor
    directions: Tensor
    truth: Tensor
    intact: QuizScores

    @torch.inference_mode()
    def scaled(self, place: int, factor: float) -> QuizScores:
        """Scores of all quizzes with feature number `place` of the c times `factor` at every token.

        Only the quizzes in which the feature fires are run; in the others nothing changes.
        """
        activation = self.activations[place]
        fires = (activation > 0).any(1).nonzero().squeeze(1).cpu()
        if len(fires) == 0:
            return self.intact
        parts = [self._run(quizzes, place, factor) for quizzes in fires.split(BATCH)]
        return _with_rows(self.intact, fires, join_scores(parts))

    def _run(self, quizzes: Tensor, place: int, factor: float) -> QuizScores:
        change = (factor - 1) * self.activations[place, quizzes, :, None] * self.directions[place]
        return _score(self.halfway, self.spliced[quizzes] + change, quizzes, self.truth)


@torch.inference_mode()
def read_spliced(
    model: MyGPT, sae: Encoder, hook: str, tokens: Tensor, features: NDArray[np.integer]
) -> Reading:
    """Read quizzes (n, 404) up to a hook point and splice the SAE in; features (c,) are kept to be changed.

    Errors: CultureError when a MyGPT has no such hook point.
    """
    chosen = torch.from_numpy(np.asarray(features, dtype=np.int64)).to(sae.W_dec.device)
    parts = [halfway(model, hook, batch) for batch in tokens.split(BATCH)]
    spliced, activations = [], []
    for part in parts:
        codes = sae.encode(_value_at(part))
        spliced.append(sae.decode(codes))
        activations.append(codes[..., chosen].permute(2, 0, 1))
    whole = Halfway(model, hook, torch.cat([part.x for part in parts]), parts[0].first)
    truth = tokens[:, LAST_GRID]
    reconstructed = torch.cat(spliced)
    intact = join_scores(
        _score(whole, reconstructed[quizzes], quizzes, truth)
        for quizzes in torch.arange(len(tokens)).split(BATCH)
    )
    return Reading(
        whole, reconstructed, torch.cat(activations, dim=1), directions(sae, chosen), truth, intact
    )


def _value_at(reading: Halfway) -> Tensor:
    """The value at the hook point of a reading."""
    seen: list[Tensor] = []

    def keep(value: Tensor) -> Tensor:
        seen.append(value)
        return value

    reading.logits(keep)
    return seen[0]


def _score(reading: Halfway, value: Tensor, quizzes: Tensor, truth: Tensor) -> QuizScores:
    part = Halfway(reading.model, reading.hook, reading.x[quizzes], reading.first)
    return score_last_grid(part.logits(lambda _: value)[:, LAST_GRID], truth[quizzes])


def _with_rows(scores: QuizScores, rows: Tensor, changed: QuizScores) -> QuizScores:
    """Scores with some quizzes' replaced."""

    def put(name: str) -> Tensor:
        values = getattr(scores, name).clone()
        values[rows] = getattr(changed, name)
        return values

    return QuizScores(put("loss"), put("predicted"), put("correct"), put("cell_probability"))


def changes_by_task(
    before: QuizScores, after: QuizScores, batch: QuizBatch, tasks: Sequence[int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Change of last-grid loss (nats per cell) and of greedy accuracy, mean over the quizzes of each task:
    two arrays (t,).

    tasks: the t tasks, as codes in batch.task.
    """
    loss = (after.loss - before.loss).double().numpy()
    accuracy = (after.correct.double() - before.correct.double()).numpy()
    task = batch.task.numpy()
    means = [
        np.array([values[task == code].mean() for code in tasks], dtype=np.float32)
        for values in (loss, accuracy)
    ]
    return means[0], means[1]


def control_features(
    density: NDArray[np.floating],
    allowed: NDArray[np.bool_],
    like: NDArray[np.integer],
    generator: np.random.Generator,
) -> NDArray[np.int32]:
    """For each feature in `like` one of the allowed features with about its density, none taken twice.

    density: (f,); allowed: (f,) bool; like: (g,) feature numbers. Each is drawn from the `NEIGHBOURS` allowed
    features nearest in log density.
    """
    log_density = np.log(np.maximum(density, 1e-12))
    return draw_alike(log_density, allowed & (density > 0), like, NEIGHBOURS, generator)


def draw_alike(
    values: NDArray[np.floating],
    free: NDArray[np.bool_],
    like: NDArray[np.integer],
    n: int,
    generator: np.random.Generator,
) -> NDArray[np.int32]:
    """For each number in `like` (g,) a free one drawn from the n nearest in values (f,), none twice; -1 where
    none is left. free: (f,) bool."""
    free = free.copy()
    chosen = np.full(len(like), -1, dtype=np.int32)
    for place, one in enumerate(like):
        candidates = np.flatnonzero(free)
        distance = np.abs(values[candidates] - values[one])
        nearest = candidates[np.argsort(distance, kind="stable")[:n]]
        if len(nearest):
            chosen[place] = generator.choice(nearest)
            free[chosen[place]] = False
    return chosen


def agreement(profiles: NDArray[np.floating]) -> float:
    """How alike the effects in m GPTs are: the mean over pairs of Pearson's r of profiles (m, t) over tasks.

    A pair in which an effect is the same for all tasks, such as none, counts as 0; NaN where an effect is
    missing.
    """
    if not np.isfinite(profiles).all():
        return float("nan")
    pairs = combinations(profiles, 2)
    return float(np.mean([profile_r(a, b) for a, b in pairs]))


def agreement_with_others(profiles: NDArray[np.floating]) -> float:
    """The same between GPT a's feature of one group and GPT b's of another, over all such pairs of profiles
    (g, m, t); NaN for a single group."""
    g, m, _ = profiles.shape
    values = [
        profile_r(profiles[i, a], profiles[j, b])
        for a, b in combinations(range(m), 2)
        for i in range(g)
        for j in range(g)
        if i != j
    ]
    return float(np.mean(values)) if values else float("nan")


def pooled_agreement(profiles: NDArray[np.floating]) -> float:
    """The mean over pairs of GPTs of r, over all groups and tasks at once, of profiles (g, m, t).

    Groups that matter weigh most, where `agreement` gives every group, whatever it does, the same weight.
    """
    whole = _whole(profiles)
    return agreement(whole.transpose(1, 0, 2).reshape(whole.shape[1], -1)) if len(whole) else float("nan")


def size_agreement(profiles: NDArray[np.floating]) -> float:
    """The mean over pairs of GPTs of r, over groups, between the logarithms of the largest change in any task
    of profiles (g, m, t): is a feature about as important to every GPT?"""
    whole = _whole(profiles)
    size = np.abs(whole).max(2)
    return agreement(np.log(np.maximum(size, LEAST_SIZE)).T) if len(whole) > 1 else float("nan")


def _whole(profiles: NDArray[np.floating]) -> NDArray[np.floating]:
    """The groups of profiles (g, m, t) without a missing effect, as of a control that was not to be found."""
    return profiles[np.isfinite(profiles).all((1, 2))]


def profile_r(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Pearson's r of two profiles (t,), 0 where one does not vary."""
    a, b = a.astype(np.float64) - a.mean(), b.astype(np.float64) - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else 0.0
