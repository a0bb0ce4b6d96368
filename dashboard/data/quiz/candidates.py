"""Quizzes that a GPT invents in the Lab, judged by all, as tables and files."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from culture_core.culture.inventing import invent
from culture_core.culture.settings import InventingSettings, VerdictSettings
from culture_core.culture.verdicts import (
    INVALID,
    KEPT,
    REASONS,
    TRIVIAL,
    VERDICTS,
    after_asking,
    before_asking,
    judge,
    noisy_views,
    understanding,
)
from culture_core.models.checkpoints import write_culture_quizzes
from dashboard.data.cached import shared
from dashboard.data.population import gpts
from dashboard.data.population.populations import Population
from dashboard.data.words.number_words import probability_words
from dashboard.data.workers import in_turn, side_by_side


@dataclass(frozen=True)
class InventedQuizzes:
    """n candidates of one GPT and the verdicts of all m: tokens (n, 404) uint8; probability (n, m), NaN for
    what is not a quiz; verdict (n, m) index into VERDICTS; reason (n,) index into REASONS."""

    tokens: np.ndarray
    probability: np.ndarray
    verdict: np.ndarray
    reason: np.ndarray

    def proper(self) -> list[int]:
        """The candidates that are quizzes at all."""
        return np.flatnonzero(self.reason != INVALID).tolist()

    def outcome(self, n: int) -> str:
        """What becomes of a candidate, in words."""
        reason = int(self.reason[n])
        return "worth keeping" if reason == KEPT else f"not kept, {REASONS[reason]}"

    def detail(self, n: int) -> str:
        """What becomes of a candidate, and how probable it is to each GPT."""
        if self.reason[n] == TRIVIAL:
            return "trivial: a grid is its own answer"
        return f"{self.outcome(n)} · p by GPT: {', '.join(map(probability_words, self.probability[n]))}"


def invented(
    chosen: Population, author: int, settings: InventingSettings, seed: int, n: int
) -> InventedQuizzes:
    """n candidates invented by one GPT, put to all."""
    return _invented(chosen, author, settings, seed, n)


def _invented_with(
    chosen: Population,
    author: int,  # noqa: ARG001 - as the function it serves
    settings: InventingSettings,  # noqa: ARG001
    seed: int,  # noqa: ARG001
    n: int,  # noqa: ARG001
) -> tuple[str, ...]:
    return gpts.versions(chosen)


@shared(_invented_with, at_most=20, spinner="Inventing quizzes, and putting them to all GPTs")
def _invented(
    chosen: Population, author: int, settings: InventingSettings, seed: int, n: int
) -> InventedQuizzes:
    verdicts = VerdictSettings()
    models = [gpts.model(chosen, k) for k in chosen.models]
    model = gpts.model(chosen, author)
    found = in_turn(lambda: invent(model, n, torch.Generator().manual_seed(seed), settings))
    valid = found.valid.nonzero()[:, 0]
    probability = torch.full((n, len(models)), torch.nan, dtype=torch.float64)
    if len(valid):
        views = noisy_views(found.tokens[valid], valid, seed, verdicts)
        columns = side_by_side(lambda model: understanding(model, views), models)
        probability[valid] = torch.stack(columns, dim=1)
    reason = after_asking(before_asking(found.tokens, found.valid), probability, verdicts)
    verdict = judge(probability, verdicts)
    return InventedQuizzes(found.tokens.numpy(), probability.numpy(), verdict.numpy(), reason.numpy())


def verdict_table(found: InventedQuizzes, models: Sequence[int]) -> pd.DataFrame:
    """One row per candidate: what becomes of it, and what each GPT makes of it."""
    rows = []
    for n in range(len(found.reason)):
        verdicts = {
            f"GPT {k}": f"{VERDICTS[verdict]} ({probability_words(p)})" if np.isfinite(p) else ""
            for k, verdict, p in zip(models, found.verdict[n], found.probability[n], strict=True)
        }
        rows.append({"candidate": n, "outcome": found.outcome(n), **verdicts})
    return pd.DataFrame(rows)


def as_published(tokens: np.ndarray) -> bytes:
    """Quizzes (n, 404) as a published c_quizzes.pth, all for training."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c_quizzes.pth"
        quizzes = torch.from_numpy(tokens)
        write_culture_quizzes(path, quizzes, quizzes[:0])
        return path.read_bytes()


def as_json(
    found: InventedQuizzes,
    chosen: Sequence[int],
    models: Sequence[int],
    author: int,
    settings: InventingSettings,
    seed: int,
) -> str:
    """The chosen candidates with their author, probabilities and verdicts."""
    made = {"author": author, "hot": settings.hot, "cold": settings.cold, "seed": seed}
    records = [
        {
            **made,
            "candidate": n,
            "outcome": REASONS[int(found.reason[n])],
            "probability": {
                str(k): None if np.isnan(p) else round(float(p), 6)
                for k, p in zip(models, found.probability[n], strict=True)
            },
            "verdict": {str(k): VERDICTS[v] for k, v in zip(models, found.verdict[n], strict=True)},
            "tokens": found.tokens[n].tolist(),
        }
        for n in chosen
    ]
    return json.dumps(records, indent=1)
